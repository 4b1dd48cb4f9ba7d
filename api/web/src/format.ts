// How instants, durations and figures are written. Pure: what they mean is not decided here.

export interface Place {
  locale: string;
  /** IANA zone in which instants are shown */
  zone: string;
}

const two = (n: number): string => String(n).padStart(2, "0");

/** Seconds as 0:48, 12:40, 1:02:33. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** Of a short stretch also its tenth: 1.5, 0:12. */
export function stretch(seconds: number, place: Place): string {
  return seconds < 9.95 ? new Intl.NumberFormat(place.locale, {minimumFractionDigits: 1, maximumFractionDigits: 1}).format(seconds) : duration(seconds);
}

/** Milliseconds since 1970 of an RFC 3339 instant, with the microseconds as a fraction; NaN for none. */
export function millis(text: string | null | undefined): number {
  if (!text) return NaN;
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? "";
  return Date.parse(text.replace(/\.\d+/, "")) + Number(`0.${fraction || "0"}`) * 1000;
}

const made = new Map<string, Intl.DateTimeFormat>();
function formatter(place: Place, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${name} ${place.locale} ${place.zone}`;
  let found = made.get(key);
  if (!found) made.set(key, (found = new Intl.DateTimeFormat(place.locale, {...options, timeZone: place.zone, hourCycle: "h23"})));
  return found;
}

/** 10:05:40 */
export function clock(ms: number, place: Place): string {
  if (!Number.isFinite(ms)) return "–";
  const parts = formatter(place, "clock", {hour: "2-digit", minute: "2-digit", second: "2-digit"}).formatToParts(ms);
  return parts.filter((p) => p.type === "hour" || p.type === "minute" || p.type === "second").map((p) => p.value).join(":");
}

/** 10:05:40.420 */
export function clockFine(ms: number, place: Place): string {
  if (!Number.isFinite(ms)) return "–";
  return `${clock(ms, place)}.${String(Math.floor(((ms % 1000) + 1000) % 1000)).padStart(3, "0")}`;
}

/** Thu 26 Nov */
export function day(ms: number, place: Place): string {
  return Number.isFinite(ms) ? formatter(place, "day", {weekday: "short", day: "numeric", month: "short"}).format(ms) : "–";
}

/** Thursday 26 November 2026 */
export function dayLong(ms: number, place: Place): string {
  return Number.isFinite(ms) ? formatter(place, "dayLong", {weekday: "long", day: "numeric", month: "long", year: "numeric"}).format(ms) : "–";
}

/** 2026-11-26 in the zone, as addresses have it */
export function isoDay(ms: number, place: Place): string {
  return formatter({locale: "en-CA", zone: place.zone}, "iso", {year: "numeric", month: "2-digit", day: "2-digit"}).format(ms);
}

/** The clock where it is of today, with the day before it where it is not. */
export function moment(ms: number, now: number, place: Place): string {
  if (!Number.isFinite(ms)) return "–";
  return isoDay(ms, place) === isoDay(now, place) ? clock(ms, place) : `${day(ms, place)} ${clock(ms, place)}`;
}

/** 48 211 as the language has it */
export const figure = (n: number, place: Place): string => new Intl.NumberFormat(place.locale).format(n);

/** 85.5 % */
export function share(part: number, of: number, place: Place): string {
  if (!of) return "";
  return new Intl.NumberFormat(place.locale, {style: "percent", maximumFractionDigits: 1}).format(part / of).replace("%", " %").replace(/\s+%/, " %");
}

// What steers a line (controls, bidirectional overrides) is shown as an escape: names come from outside.
const STEERS = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]/gu;
export const plain = (value: unknown): string =>
  String(value ?? "").replace(STEERS, (c) => "\\u" + (c.codePointAt(0) ?? 0).toString(16).padStart(4, "0"));
