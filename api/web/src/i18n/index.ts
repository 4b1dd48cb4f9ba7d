// The words of the pages in the person's language. A key that a language lacks fails a test, not a page.

import type {Place} from "../format";
import en from "./en.json";
import ru from "./ru.json";

export type Plural = Partial<Record<Intl.LDMLPluralRule, string>>;
export type Words = Record<string, string | Plural>;
export type Key = keyof typeof en;
export const LANGUAGES = {en, ru} as unknown as Record<string, Words>;
export const NAMES: Record<string, string> = {en: "English", ru: "Русский"};

const KEPT = "harmony.language";
let language = "en";
let rules = new Intl.PluralRules("en");
export const place: Place = {locale: "en-GB", zone: Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC"};

/** Take a language, or the one chosen before, or the browser's. */
export function speak(wanted?: string): void {
  if (wanted) localStorage.setItem(KEPT, wanted);
  const asked = [wanted ?? localStorage.getItem(KEPT) ?? "", ...navigator.languages].map((one) => one.slice(0, 2).toLowerCase());
  language = asked.find((one) => one in LANGUAGES) ?? "en";
  rules = new Intl.PluralRules(language);
  place.locale = language === "en" ? (navigator.languages.find((one) => one.startsWith("en-")) ?? "en-GB") : language;
  document.documentElement.lang = language;
}
export const spoken = (): string => language;

export function say(words: Words, plural: Intl.PluralRules, key: string, values: Record<string, string | number> = {}): string {
  const found = words[key];
  const text = typeof found === "object" ? (found[plural.select(Number(values["n"] ?? 0))] ?? found.other ?? key) : (found ?? key);
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

/** The words of a key; `{name}` stands for a value, and `n` chooses among plural forms. */
export const t = (key: Key, values?: Record<string, string | number>): string => say(LANGUAGES[language] ?? {}, rules, key, values);

/** The word for a value of the interface (an outcome, a state), or the value itself where there is none yet. */
export function word(family: string, value: string | null | undefined): string {
  if (!value) return "";
  const key = `${family}.${value}`;
  return key in (LANGUAGES[language] ?? {}) ? t(key as Key) : value.replaceAll("_", " ");
}
