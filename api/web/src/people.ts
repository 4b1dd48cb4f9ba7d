// Colleagues by name or number: who is meant by what somebody types, and in what groups they stand. Pure.

import type {Person} from "./api/client";

/** What can be dialled as it was typed. */
export const NUMBER = /^[0-9+*#][0-9 ()./*#-]*$/;
export const dialled = (text: string): string => text.replace(/[ ()./-]/g, "");

const words = (text: string): string[] => text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "").split(/[\s,.@-]+/).filter(Boolean);

/** Whether each word that was typed begins a word of the name, a number or a group. */
export function fits(one: Person, typed: readonly string[]): boolean {
  const own = [...words(one.name), one.number, ...(one.numbers ?? []).map((n) => n.replace("+", "")), ...(one.groups ?? []).flatMap(words)];
  return typed.every((word) => own.some((part) => part.startsWith(word.replace(/^\+/, ""))));
}

export const typed = (text: string): string[] => words(text.trim());

/** Those who are meant, favourites and names before numbers and groups; without `me`. */
export function find(people: Iterable<Person>, text: string, favourites: ReadonlySet<string>, me: string | null, most = 8): Person[] {
  const given = typed(text);
  if (!given.length) return [];
  const rank = (one: Person): number => {
    const named = given.every((word) => words(one.name).some((part) => part.startsWith(word)));
    return (one.number === text.trim() ? 0 : 4) + (favourites.has(one.user) ? 0 : 2) + (named ? 0 : 1);
  };
  const found = [...people].filter((one) => one.user !== me && fits(one, given));
  return found.map((one, n): [number, number, Person] => [rank(one), n, one]).sort((a, b) => a[0] - b[0] || a[1] - b[1]).slice(0, most).map(([, , one]) => one);
}

export interface Circle {
  /** null: who is in no group; "": favourites */
  name: string | null;
  people: Person[];
}

/** Favourites first, then group by group; somebody may stand in several. */
export function circles(people: Iterable<Person>, favourites: readonly string[]): Circle[] {
  const all = [...people], groups = new Map<string, Person[]>(), alone: Person[] = [], by = new Map(all.map((one) => [one.user, one]));
  for (const one of all) {
    if (!one.groups?.length) alone.push(one);
    for (const group of one.groups ?? []) {
      const members = groups.get(group);
      if (members) members.push(one);
      else groups.set(group, [one]);
    }
  }
  const own = favourites.map((user) => by.get(user)).filter((one): one is Person => one !== undefined);
  return [
    ...(own.length ? [{name: "", people: own}] : []),
    ...[...groups].sort(([a], [b]) => a.localeCompare(b)).map(([name, members]) => ({name, people: members})),
    ...(alone.length ? [{name: null, people: alone}] : []),
  ];
}
