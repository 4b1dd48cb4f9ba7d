// The filters of a search as an address has them, and how a person types them. Pure.

import type {Key} from "../i18n/index";

export interface FilterKind {
  name: string;
  kind: "text" | "choice" | "yes" | "time" | "seconds";
  choices?: readonly string[];
  /** the family of words of the choices */
  words?: string;
}
const OUTCOMES = ["answered", "no_answer", "busy", "rejected", "cancelled", "failed", "voicemail", "abandoned", "unserved"];
export const FILTERS: readonly FilterKind[] = [
  {name: "number", kind: "text"}, {name: "user", kind: "text"}, {name: "related", kind: "text"}, {name: "direction", kind: "choice", choices: ["inbound", "outbound", "internal"], words: "direction"},
  {name: "outcome", kind: "choice", choices: OUTCOMES, words: "outcome"}, {name: "answered", kind: "yes"}, {name: "queue", kind: "text"}, {name: "agent", kind: "text"},
  {name: "since", kind: "time"}, {name: "until", kind: "time"}, {name: "min_duration", kind: "seconds"}, {name: "max_duration", kind: "seconds"}, {name: "min_waited", kind: "seconds"},
  {name: "has_transfer", kind: "yes"}, {name: "quality", kind: "choice", choices: ["observed", "bounded", "inferred", "gap"], words: "quality"},
  {name: "live", kind: "yes"}, {name: "tenant", kind: "text"},
];
export const filterKey = (name: string): Key => `filter.${name}` as Key;

/** The filters of an address, in their order; what is unknown is left out. */
export function filtersOf(search: string): [string, string][] {
  return [...new URLSearchParams(search)].filter(([name, value]) => value !== "" && FILTERS.some((one) => one.name === name));
}
export const searchOf = (filters: readonly (readonly [string, string])[]): string => {
  const query = new URLSearchParams(filters.map(([name, value]) => [name, value]));
  return query.size ? `?${query.toString().replaceAll("%3A", ":").replaceAll("%40", "@")}` : "";
};
/** With this filter, in the place of another of its name. */
export const withFilter = (filters: readonly [string, string][], name: string, value: string | null): [string, string][] => {
  const rest = filters.filter(([one]) => one !== name);
  return value === null ? rest : [...rest, [name, value]];
};

export interface Suggestion {
  name: string;
  /** null: the name alone, the value is still to be typed */
  value: string | null;
}

/** What typed words may mean; `say` gives the word for a filter's name or choice. */
export function suggestions(text: string, say: (key: string) => string): Suggestion[] {
  const typed = text.trim().toLowerCase();
  if (/^[0-9+*#][0-9 ()./*#-]*$/.test(text.trim())) return [{name: "number", value: text.replace(/[ ()./-]/g, "")}];
  if (/^\S+@\S+$/.test(text.trim())) return [{name: "user", value: text.trim()}];
  const found: Suggestion[] = [];
  for (const one of FILTERS) {
    const word = say(`filter.${one.name}`).toLowerCase();
    if (word.startsWith(typed)) found.push({name: one.name, value: null});
    const rest = typed.startsWith(word + " ") ? text.trim().slice(word.length).trim() : null;
    const choices = one.kind === "yes" ? ["true", "false"] : (one.choices ?? []);
    const family = one.kind === "yes" ? "yes" : (one.words ?? "");
    for (const choice of choices) {
      const says = say(`${family}.${choice}`).toLowerCase();
      if ((rest !== null && says.startsWith(rest.toLowerCase())) || (rest === null && typed && one.kind === "choice" && says.startsWith(typed))) found.push({name: one.name, value: choice});
    }
    if (rest && !choices.length) found.push({name: one.name, value: rest});
    if (one.kind === "time" && (rest === "" || typed === word)) found.push({name: one.name, value: "today"}, {name: one.name, value: "1h"}, {name: one.name, value: "7d"});
  }
  return found.sort((a, b) => Number(a.value === null) - Number(b.value === null)).slice(0, 12);
}
