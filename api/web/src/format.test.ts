import {describe, expect, it} from "vitest";
import {clock, clockFine, duration, figure, millis, moment, plain, share, stretch} from "./format";

const berlin = {locale: "en-GB", zone: "Europe/Berlin"}, moscow = {locale: "ru", zone: "Europe/Moscow"};

describe("how things are written", () => {
  it("durations", () => {
    expect([0, 48.9, 760, 3753, -3].map(duration)).toEqual(["0:00", "0:48", "12:40", "1:02:33", "0:00"]);
    expect(stretch(1.52, berlin)).toBe("1.5");
    expect(stretch(1.52, moscow)).toBe("1,5");
    expect(stretch(61, moscow)).toBe("1:01");
  });
  it("instants in the person's zone, to the millisecond", () => {
    const at = millis("2026-11-23T08:51:16.977532Z");
    expect(clock(at, berlin)).toBe("09:51:16");
    expect(clockFine(at, moscow)).toBe("11:51:16.977");
    expect(clock(millis(null), berlin)).toBe("–");
    expect(moment(at, at, berlin)).toBe("09:51:16");
    expect(moment(at, at + 86_400_000, berlin)).toMatch(/^Mon,? 23 Nov 09:51:16$/);
    expect(clock(millis("2026-11-23T23:00:00Z"), berlin)).toBe("00:00:00");
  });
  it("figures as the language has them", () => {
    expect(figure(48211, berlin)).toBe("48,211");
    expect(figure(48211, moscow).replace(/\s/g, " ")).toBe("48 211");
    expect(share(183, 214, berlin).replace(/\s/g, " ")).toBe("85.5 %");
    expect(share(1, 0, berlin)).toBe("");
  });
  it("nothing that steers a line", () => {
    expect(plain("a\r\nb‮c")).toBe("a\\u000d\\u000ab\\u202ec");
    expect(plain("Владимир Łukasz 李小龍")).toBe("Владимир Łukasz 李小龍");
  });
});
