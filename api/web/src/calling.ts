// Commands to calls, and what became of them as a sentence: the switch's own words where it refused.

import {command, Refused, type Command} from "./api/client";
import {t, word} from "./i18n/index";
import {session} from "./session";

export interface Outcome {
  good: boolean;
  says: string;
}

export async function order(path: string, body: unknown): Promise<Outcome> {
  try {
    return told(await command(path, body));
  } catch (problem) {
    return {good: false, says: problem instanceof Refused ? problem.message : t("command.away")};
  }
}

function told(done: Command): Outcome {
  if (done.state !== "completed") return {good: false, says: t("command.waits")};
  if (done.result === "ok") return {good: true, says: t("command.done")};
  return {good: false, says: [word("command_result", done.result ?? ""), done.said].filter(Boolean).join(": ")};
}

/** Have the own phone ring, and then this number for it; what became of that. */
export async function dial(to: string): Promise<string> {
  if (!session.user) return t("dial.nobody");
  return (await order("/v1/calls", {from: session.user, to})).says;
}
