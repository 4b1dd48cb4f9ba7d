import {expect, it} from "vitest";
import {LANGUAGES} from "../i18n/index";
import {FILTERS, filtersOf, searchOf, suggestions, withFilter} from "./filters";

const english = (key: string): string => String(LANGUAGES["en"]?.[key] ?? key), russian = (key: string): string => String(LANGUAGES["ru"]?.[key] ?? key);

it("a search is its address", () => {
  const found = filtersOf("?since=today&queue=support&nonsense=1&direction=");
  expect(found).toEqual([["since", "today"], ["queue", "support"]]);
  expect(searchOf(found)).toBe("?since=today&queue=support");
  expect(searchOf(withFilter(found, "queue", "sales"))).toBe("?since=today&queue=sales");
  expect(searchOf(withFilter(withFilter(found, "queue", null), "since", null))).toBe("");
});

it("what is typed means a filter", () => {
  expect(suggestions("+49 170 12", english)).toEqual([{name: "number", value: "+4917012"}]);
  expect(suggestions("1001@alpha.example", english)).toEqual([{name: "user", value: "1001@alpha.example"}]);
  expect(suggestions("aband", english)).toEqual([{name: "outcome", value: "abandoned"}]);
  expect(suggestions(`${english("filter.queue")} support`, english)[0]).toEqual({name: "queue", value: "support"});
  expect(suggestions(`${russian("filter.queue")} support`, russian)[0]).toEqual({name: "queue", value: "support"});
  expect(suggestions("", english).length).toBeGreaterThan(5);
});

it("every filter has a name in every language", () => {
  for (const one of FILTERS) for (const words of Object.values(LANGUAGES)) expect(words[`filter.${one.name}`], one.name).toBeTruthy();
});
