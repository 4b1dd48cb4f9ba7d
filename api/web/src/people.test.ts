import {describe, expect, it} from "vitest";
import type {Person} from "./api/client";
import {circles, find, fits, typed} from "./people";
import {NOTHING, take} from "./live/state";

const person = (number: string, name: string, more: Partial<Person> = {}): Person => ({user: `${number}@a.example`, number, name, state: "free", ...more}) as Person;
const jonas = person("1003", "Jonas Keller", {groups: ["support"]}), jana = person("1030", "Jana Öztürk", {numbers: ["+49301030"], groups: ["sales", "support"]}), gate = person("1040", "Gate, east");
const all = [jonas, jana, gate];
const names = (text: string, favourites: string[] = [], me: string | null = null): string[] => find(all, text, new Set(favourites), me).map((one) => one.name);

describe("who is meant", () => {
  it("by the beginnings of names, numbers and groups, accents or not", () => {
    expect(names("jo")).toEqual(["Jonas Keller"]);
    expect(names("kel jon")).toEqual(["Jonas Keller"]);
    expect(names("oztu")).toEqual(["Jana Öztürk"]);
    expect(names("+4930")).toEqual(["Jana Öztürk"]);
    expect(names("support")).toEqual(["Jonas Keller", "Jana Öztürk"]);
    expect(names("east")).toEqual(["Gate, east"]);
    expect(names("nobody")).toEqual([]);
    expect(names("  ")).toEqual([]);
  });
  it("the number that was typed first, then favourites, and never oneself", () => {
    expect(names("10")).toEqual(["Jonas Keller", "Jana Öztürk", "Gate, east"]);
    expect(names("10", [gate.user])).toEqual(["Gate, east", "Jonas Keller", "Jana Öztürk"]);
    expect(names("1040", [jana.user])[0]).toBe("Gate, east");
    expect(names("j", [], jana.user)).toEqual(["Jonas Keller"]);
    expect(fits(gate, typed("jonas"))).toBe(false);
  });
  it("stand by favourites and groups, those without a group last", () => {
    expect(circles(all, [gate.user, "gone@a.example"]).map((one) => [one.name, one.people.map((p) => p.number)])).toEqual([
      ["", ["1040"]], ["sales", ["1030"]], ["support", ["1003", "1030"]], [null, ["1040"]],
    ]);
  });
});

it("the picture holds people as they are now", () => {
  let seen = take(NOTHING, {kind: "people", people: all}, 0);
  seen = take(seen, {kind: "person", position: 4, person: {...jonas, state: "talking"}}, 0);
  seen = take(seen, {kind: "person_gone", position: 5, user: gate.user}, 0);
  expect([...seen.people.values()].map((one) => one.state)).toEqual(["talking", "free"]);
  expect(seen.position).toBe(5);
});
