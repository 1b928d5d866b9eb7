// Requests to the API.
import { signal } from "./base.js";
import { keep, kept } from "./storage.js";

const KEY = "gamepanel.token";
const SHORT_MS = 8000;
const LONG_MS = 60_000;
const HIDDEN_MS = 5000;
const LONGEST_PAUSE_MS = 4000;

/** What only asks is answered soon or not at all; the rest may take its time. */
const ASKS = new Set([
  "audit_log",
  "backup_files",
  "backup_list",
  "config",
  "event_list",
  "file_list",
  "file_read",
  "file_search",
  "host_history",
  "host_status",
  "job_list",
  "job_log",
  "job_status",
  "login_info",
  "player_list",
  "schedule_list",
  "schedule_preview",
  "schedule_runs",
  "server_create_options",
  "server_history",
  "server_list",
  "server_log",
  "server_status",
  "server_versions",
  "upload_status",
  "user_list",
  "whoami",
]);

/** What was asked before, word for word: that is only looked at anew. */
const known = new Set();

/** Waiting for news and looking anew give way to what somebody has come for. */
function priorityOf(name, fields, body) {
  if (fields?.wait !== undefined) return "low";
  const asked = `${name} ${body}`;
  if (known.has(asked)) return "low";
  if (ASKS.has(name)) known.add(asked);
  return "auto";
}

/** The access token; kept, for all tabs, only if the person asked to stay logged in. */
export const token = signal(kept("localStorage", KEY) ?? takeOver());

/** The token that the window handed over which opened this one; it is kept nowhere. */
function takeOver() {
  const handed = kept("sessionStorage", KEY);
  keep("sessionStorage", KEY, null);
  return handed;
}

/** Open a window that has our session: a new one begins with a copy of what we keep for this tab. */
export function handOver(open) {
  keep("sessionStorage", KEY, token.value);
  open();
  keep("sessionStorage", KEY, null);
}

/** Load the page anew, and stay logged in. */
export function reload() {
  keep("sessionStorage", KEY, token.value);
  location.reload();
}

// Another tab has logged in or out: that holds here, too, unless this one has a session of its own.
addEventListener("storage", ({ key, oldValue, newValue }) => {
  if (key !== KEY) return;
  if (newValue === null && JSON.stringify(token.value) === oldValue) token.value = null;
  else if (newValue !== null) token.value ??= JSON.parse(newValue);
});

/** Whether the daemon has ended the session that there was. */
export const isExpired = signal(false);

export function setToken(value, stay) {
  isExpired.value = false;
  const isKept = token.value !== null && kept("localStorage", KEY) === token.value;
  token.value = value;
  // What another tab keeps is not ours to forget.
  if (stay || isKept) keep("localStorage", KEY, stay ? value : null);
}

/** Whether the daemon answers: null as long as it does, else since when it does not. */
export const awaySince = signal(null);

let skew = 0;

/** What time it is where the daemon runs, in seconds since the Unix epoch. */
export const daemonNow = () => Date.now() / 1000 + skew;

/** What the daemon refuses. */
export class Refusal extends Error {
  constructor(problem, retryAfter) {
    super(problem.detail);
    this.code = problem.code;
    this.cause = problem.cause;
    this.problems = problem.errors ?? [];
    this.retryAfter = retryAfter;
  }
}

/** The daemon did not answer. */
export class Away extends Error {}

async function send(method, name, fields, abort, bearer) {
  const headers = new Headers();
  if (fields) headers.set("Content-Type", "application/json");
  if (bearer) headers.set("Authorization", `Bearer ${bearer}`);
  const body = fields && JSON.stringify(fields);
  const patience = (fields?.wait ?? 0) * 1000 + (ASKS.has(name) ? SHORT_MS : LONG_MS);
  const limit = AbortSignal.timeout(patience);
  const signal = abort ? AbortSignal.any([abort, limit]) : limit;
  const priority = priorityOf(name, fields, body);
  let answer, said;
  try {
    answer = await fetch(`/${name}`, { method, headers, body, signal, priority, cache: "no-store" });
    said = await answer.json();
  } catch (error) {
    if (abort?.aborted) throw error;
    awaySince.value ??= Date.now();
    throw new Away();
  }
  awaySince.value = null;
  const told = Date.parse(answer.headers.get("Date")) / 1000;
  if (told) skew = told - Date.now() / 1000;
  if (answer.ok) return said;
  const refusal = new Refusal(said, Number(answer.headers.get("Retry-After")) || null);
  const isOver = refusal.code === "token_invalid" || refusal.code === "token_missing";
  if (isOver && bearer !== null && bearer === token.value) {
    setToken(null, false);
    isExpired.value = true;
  }
  throw refusal;
}

/** Ask an endpoint; `abort` is an AbortSignal or nothing. */
export const call = (name, fields = {}, abort = null, bearer = token.value) =>
  send("POST", name, fields, abort, bearer);
export const get = (name) => send("GET", name, null, null, null);

/** Wait so long, or until `abort`; for a tab that was hidden also until somebody looks. */
export const sleep = (milliseconds, abort) =>
  new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", done);
      abort?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    if (document.hidden) document.addEventListener("visibilitychange", done);
    abort?.addEventListener("abort", done);
  });

/**
 * Do something again and again until `abort`; more rarely where nobody looks or nothing
 * answers, and at once when `work` says that there is more. With null for `milliseconds`
 * only until it has been done once.
 */
export async function repeat(work, milliseconds, abort) {
  let failures = 0;
  while (!abort.aborted) {
    let pause = milliseconds;
    try {
      const isMore = await work();
      failures = 0;
      if (isMore) continue;
      if (pause === null) return;
      if (document.hidden) pause = Math.max(pause, HIDDEN_MS);
    } catch (error) {
      if (abort.aborted) return;
      if (!(error instanceof Away) && !(error instanceof Refusal)) throw error;
      failures = Math.min(failures + 1, 10);
      pause = Math.max(
        Math.min(250 * 2 ** failures, LONGEST_PAUSE_MS),
        (error.retryAfter ?? 0) * 1000,
        document.hidden ? HIDDEN_MS : 0,
      );
    }
    await sleep(pause, abort);
  }
}
