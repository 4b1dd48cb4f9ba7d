// The live board. One stream from the server (a snapshot, then what changed), drawn as text and never as markup.
// It says what it knows: when nothing was heard for a while it is stale, and shows the time that the picture is from.

const SILENCE = 6000; // ms without a word from the server (it speaks every 2 s) after which the picture is stale
const KEPT = 25; // ended calls shown

const $ = (id) => document.getElementById(id);
const calls = new Map();
let ended = [];
let health = null;
let heard = 0; // when the server last spoke, by this clock
let ahead = 0; // server's clock minus this one, ms
let connected = false;
let complaint = "";

// ---- text ---------------------------------------------------------------------------------------------------------
// Names come from outside: what would steer the line (controls, bidirectional overrides) is shown as an escape.
const STEERS = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]/gu;
const plain = (value) => String(value ?? "").replace(STEERS, (c) => "\\u" + c.codePointAt(0).toString(16).padStart(4, "0"));

function make(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  for (const child of children) node.append(child instanceof Node ? child : document.createTextNode(plain(child)));
  return node;
}
const word = (value) => plain(value).replaceAll("_", " ");
const token = (value) => String(value ?? "").replace(/[^a-z_]/g, ""); // for class names
const clock = (ms) => new Date(ms).toLocaleTimeString();
function lasts(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n) => String(n).padStart(2, "0");
  return s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
}

// ---- the picture --------------------------------------------------------------------------------------------------
const isStale = () => !connected || Date.now() - heard > SILENCE;
const now = () => (isStale() ? heard : Date.now()) + ahead; // a stale clock stands still

const who = (party, name) => make("span", "", make("bdi", "", party || "?"), ...(name && name !== party ? [make("bdi", "name", name)] : []));
function partners(call) {
  const open = (call.segments || []).filter((s) => !s.ended_at && s.kind !== "ring" && s.kind !== "record");
  const names = new Set(open.flatMap((s) => s.parties || []));
  names.delete(call.from?.party);
  if (names.size) return [...names].join(", ");
  const ringing = (call.offers || []).filter((o) => !o.ended_at).map((o) => o.to);
  return ringing.length ? `rings ${ringing.join(", ")}` : "";
}
function bar(call, until) {
  const node = make("div", "bar");
  const start = Date.parse(call.started_at), whole = Math.max(1, until - start);
  let at = start;
  const spans = (call.segments || []).filter((s) => s.kind !== "record").map((s) => ({ kind: s.kind, from: Date.parse(s.started_at), to: s.ended_at ? Date.parse(s.ended_at) : until }));
  spans.sort((a, b) => a.from - b.from);
  for (const span of spans) {
    if (span.from > at) node.append(piece("", (span.from - at) / whole));
    const from = Math.max(at, span.from);
    if (span.to > from) node.append(piece(span.kind, (span.to - from) / whole));
    at = Math.max(at, span.to);
  }
  node.title = spans.map((s) => `${word(s.kind)} ${((s.to - s.from) / 1000).toFixed(1)} s`).join(", ");
  return node;
}
function piece(kind, share) {
  const node = make("i", token(kind));
  node.style.width = `${Math.min(100, share * 100)}%`;
  return node;
}
const rows = new Map(); // call_id -> { node, call }: a row that did not change keeps its place, and the reader's focus
function row(call, cells) {
  let kept = rows.get(call.call_id);
  if (!kept) {
    const node = make("tr");
    node.dataset.call = call.call_id;
    node.tabIndex = 0;
    const open = () => show(call.call_id);
    node.addEventListener("click", open);
    node.addEventListener("keydown", (event) => event.key === "Enter" && open());
    rows.set(call.call_id, (kept = { node }));
  }
  if (kept.call !== call) {
    kept.node.replaceChildren(...cells());
    kept.call = call;
  }
  return kept.node;
}
function place(body, nodes) {
  if (nodes.length !== body.children.length || nodes.some((node, n) => body.children[n] !== node)) body.replaceChildren(...nodes);
}
const cell = (className, child) => make("td", className, child ?? "");
const tag = (value) => make("span", `tag ${token(value)}`, word(value));
const DOUBTS = { bounded: "times lie within known limits", inferred: "an end was not seen", gap: "events are missing" };
function judged(value, call) { // what is not fully known says so
  const cells = [tag(value)];
  if (call.quality && call.quality !== "observed") {
    cells.push(make("span", "tag doubt", word(call.quality)));
    cells[1].title = DOUBTS[call.quality] || "";
  }
  return make("span", "", ...cells);
}

function draw() {
  const at = now();
  const live = [...calls.values()].sort((a, b) => (a.started_at < b.started_at ? 1 : -1));
  place($("live"), live.map((call) => row(call, () => [
    cell("", who(call.from?.party, call.from?.name)), cell("", who(call.dialled)), cell("", judged(call.state, call)),
    cell("", make("bdi", "", partners(call))), cell("wide"), cell("number"),
  ])));
  for (const call of live) { // times of live calls tick here; the documents hold instants only
    const { children } = rows.get(call.call_id).node;
    children[4].replaceChildren(bar(call, at));
    children[5].textContent = lasts(at - Date.parse(call.started_at));
  }
  $("count").textContent = String(live.length);
  $("nobody").hidden = live.length > 0;
  place($("ended"), ended.map((call) => row(call, () => [
    cell("", who(call.from?.party, call.from?.name)), cell("", who(call.dialled)), cell("", judged(call.outcome || call.state, call)),
    cell("", make("bdi", "", call.answered_by || "")), cell("wide", [call.hangup?.by, call.hangup?.cause].filter(Boolean).join(", ")),
    cell("number", `${Number(call.talk_seconds || 0).toFixed(1)} s`),
  ])));
  $("none").hidden = ended.length > 0;
  const shown = new Set([...calls.keys(), ...ended.map((call) => call.call_id)]);
  for (const id of rows.keys()) if (!shown.has(id)) rows.delete(id);
}
let drawing = 0;
function redraw() { // many changes, one drawing
  drawing ||= setTimeout(() => { drawing = 0; draw(); judge(); }, 80);
}

function judge() {
  const notices = [];
  const state = $("state");
  const stale = isStale();
  if (!heard) {
    state.className = "state waiting";
    state.textContent = complaint || "Connecting…";
  } else if (stale) {
    state.className = "state stale";
    state.textContent = `Stale for ${lasts(Date.now() - heard)}`;
    notices.push(["stale", `Nothing was heard from the server since ${clock(heard)}${complaint ? ` (${complaint})` : ""}. These were the calls at that time; what happened since is not shown.`]);
  } else if (health && health.problems.length) {
    state.className = "state degraded";
    state.textContent = "Live, with gaps";
  } else {
    state.className = "state live";
    state.textContent = "Live";
  }
  if (!stale && health) for (const problem of health.problems) notices.push(["", problem]);
  document.body.classList.toggle("stale", stale && heard > 0);
  const lines = notices.map(([kind, text]) => make("p", kind, text));
  if ([...$("notices").children].map((n) => n.textContent).join() !== lines.map((n) => n.textContent).join()) $("notices").replaceChildren(...lines);
  if (health) {
    $("position").textContent = `at position ${health.position}`;
    $("switches").replaceChildren(...health.switches.map((s) => make("span", "", `${s.switch}: link ${s.link} since ${s.since ? new Date(s.since).toLocaleString() : "?"}. `)));
  }
}

// ---- one call -----------------------------------------------------------------------------------------------------
async function show(id) {
  const story = $("story");
  story.replaceChildren(make("p", "quiet", "Loading…"));
  if (!$("detail").open) $("detail").showModal();
  try {
    const answer = await fetch(`/v1/calls/${encodeURIComponent(id)}`, { headers: { Authorization: `Bearer ${secret()}` } });
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    story.replaceChildren(...tell(await answer.json()));
  } catch (problem) {
    story.replaceChildren(make("p", "", `This call could not be loaded: ${problem.message}.`));
  }
}
function tell(call) {
  const facts = [["From", `${call.from?.party ?? "?"} ${call.from?.name ?? ""}`], ["Dialled", call.dialled], ["Tenant", call.tenant ?? "none"], ["State", call.state],
    ["Outcome", call.outcome], ["Answered by", call.answered_by], ["Quality", call.quality], ["Call", call.call_id]];
  const lines = [];
  for (const o of call.offers || []) lines.push([o.started_at, `offered to ${o.to}: ${word(o.outcome || "rings")}`]);
  for (const s of call.segments || []) lines.push([s.started_at, `${word(s.kind)}: ${(s.parties || []).join(", ")}${s.detail?.by ? ` (by ${s.detail.by})` : ""}`]);
  for (const t of call.transfers || []) lines.push([t.at, `${word(t.kind)} transfer by ${t.by} to ${t.to}: ${word(t.result || "open")}${t.passes > 1 ? ` (a loop: passed on ${t.passes} times)` : ""}`]);
  if (call.ended_at) lines.push([call.ended_at, `ended by ${call.hangup?.by ?? "?"}: ${call.hangup?.cause ?? ""}`]);
  lines.sort((a, b) => (a[0] < b[0] ? -1 : 1));
  return [make("dl", "", ...facts.filter((f) => f[1]).flatMap(([k, v]) => [make("dt", "", k), make("dd", "", make("bdi", "", v))])),
    make("ol", "", ...lines.map(([at, text]) => make("li", "", make("time", "", clock(Date.parse(at))), text)))];
}

// ---- the stream ---------------------------------------------------------------------------------------------------
const secret = () => sessionStorage.getItem("harmony.token");

function take(event, data) {
  heard = Date.now();
  if (event === "snapshot") {
    calls.clear();
    for (const call of data.calls) calls.set(call.call_id, call);
    health = data.health;
  } else if (event === "call") {
    calls.set(data.call_id, data);
  } else if (event === "ended") {
    calls.delete(data.call_id);
    ended = [data, ...ended.filter((c) => c.call_id !== data.call_id)].slice(0, KEPT);
  } else if (event === "merged") { // it goes on as part of another call
    calls.delete(data.alias);
    ended = ended.filter((call) => call.call_id !== data.alias);
  } else if (event === "health") {
    health = data;
  }
  if (health?.at) ahead = event === "health" || event === "snapshot" ? Date.parse(health.at) - Date.now() : ahead;
}
function parse(block) {
  let event = "message";
  const data = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event:")) event = line.slice(6).trim();
    else if (line.startsWith("data:")) data.push(line.slice(5).trimStart());
  }
  if (data.length) take(event, JSON.parse(data.join("\n")));
}
async function listen() {
  const stop = new AbortController();
  const watch = setInterval(() => connected && Date.now() - heard > 3 * SILENCE && stop.abort(), 1000);
  try {
    const answer = await fetch("/v1/live/stream", { headers: { Authorization: `Bearer ${secret()}`, Accept: "text/event-stream" }, signal: stop.signal });
    if (answer.status === 401) {
      sessionStorage.removeItem("harmony.token");
      return ask("That token is not the one of this server.");
    }
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    complaint = "";
    connected = true;
    heard = Date.now();
    let rest = "";
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) throw new Error("the server closed the stream");
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop();
      blocks.forEach(parse);
      redraw();
    }
  } catch (problem) {
    complaint = stop.signal.aborted ? "the stream fell silent" : problem instanceof TypeError ? "the server cannot be reached" : problem.message;
  } finally {
    clearInterval(watch);
    connected = false;
    draw();
    judge();
  }
  setTimeout(listen, 1500);
}

function ask(text) {
  complaint = text || "A token is needed";
  $("login").hidden = false;
  $("board").hidden = true;
  judge();
  $("token").focus();
}
function begin() {
  $("login").hidden = true;
  $("board").hidden = false;
  complaint = "";
  listen();
}
$("login").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem("harmony.token", $("token").value.trim());
  begin();
});
const given = new URLSearchParams(location.hash.slice(1)).get("token");
if (given) {
  sessionStorage.setItem("harmony.token", given);
  history.replaceState(null, "", location.pathname); // the token stays out of the history and of what is copied
}
setInterval(() => { if (secret()) { draw(); judge(); } }, 1000);
if (secret()) begin(); else ask();
