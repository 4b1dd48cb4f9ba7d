import {readdirSync, readFileSync} from "node:fs";
import {join} from "node:path";
import {describe, expect, it} from "vitest";
import {LANGUAGES, say, type Words} from "./index";

const languages = Object.entries(LANGUAGES);
const names = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1] ?? "").sort();
const texts = (one: Words[string] | undefined): string[] => (typeof one === "object" ? Object.values(one) : [one ?? ""]);

describe("the languages", () => {
  it("have the same keys", () => {
    for (const [, words] of languages) expect(Object.keys(words).sort()).toEqual(Object.keys(LANGUAGES["en"] ?? {}).sort());
  });
  it("have all plural forms, and no empty text", () => {
    for (const [name, words] of languages) {
      const forms = new Intl.PluralRules(name).resolvedOptions().pluralCategories.slice().sort();
      for (const [key, one] of Object.entries(words)) {
        for (const text of texts(one)) expect(text.trim(), `${name} ${key}`).not.toBe("");
        if (typeof one === "object") expect(Object.keys(one).sort(), `${name} ${key}`).toEqual(forms);
      }
    }
  });
  it("name the same values", () => {
    for (const [name, words] of languages)
      for (const key of Object.keys(words))
        expect(names(texts(words[key]).at(-1) ?? ""), `${name} ${key}`).toEqual(names(texts(LANGUAGES["en"]?.[key]).at(-1) ?? ""));
  });
  it("choose among forms", () => {
    const words: Words = {calls: {one: "{n} звонок", few: "{n} звонка", many: "{n} звонков", other: "{n} звонка"}};
    const rules = new Intl.PluralRules("ru");
    expect([1, 3, 5, 21, 112].map((n) => say(words, rules, "calls", {n}))).toEqual(["1 звонок", "3 звонка", "5 звонков", "21 звонок", "112 звонков"]);
  });
  it("have every key that the pages use, and none besides", () => {
    const source = readdirSync("src", {recursive: true, encoding: "utf-8"}).filter((f) => f.endsWith(".ts") && !f.endsWith(".test.ts"))
      .map((f) => readFileSync(join("src", f), "utf-8")).join("\n");
    const used = new Set([...source.matchAll(/\bt\(\s*"([^"]+)"/g)].map((m) => m[1] ?? ""));
    const known = new Set(Object.keys(LANGUAGES["en"] ?? {}));
    expect([...used].filter((key) => !known.has(key))).toEqual([]);
    const families = new Set([...source.matchAll(/\bword\(\s*"([^"]+)"/g)].map((m) => m[1] ?? ""));
    const begins = [...source.matchAll(/\bt\(`([^`$]+)\$\{/g)].map((m) => m[1] ?? "");
    const idle = [...known].filter((key) => !used.has(key) && !begins.some((begin) => key.startsWith(begin)) && !families.has(key.split(".")[0] ?? "") && !source.includes(`"${key}"`) && !key.startsWith("filter."));
    expect(idle).toEqual([]);
  });
});
