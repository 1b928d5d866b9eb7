// Requests to the API.
import { signal } from "./base.js";

const KEY = "gamepanel.token";

/** The access token; only kept beyond this page if the person asked to stay logged in. */
export const token = signal(sessionStorage.getItem(KEY));

export function setToken(value, stay) {
  token.value = value;
  if (value && stay) sessionStorage.setItem(KEY, value);
  else sessionStorage.removeItem(KEY);
}

/** Whether the daemon answers: null as long as it does, else since when it does not. */
export const awaySince = signal(null);

/** What the daemon refuses. */
export class Refusal extends Error {
  constructor(problem, retryAfter) {
    super(problem.detail);
    this.code = problem.code;
    this.problems = problem.errors ?? [];
    this.retryAfter = retryAfter;
  }
}

/** The daemon did not answer. */
export class Away extends Error {}

async function send(method, name, fields, abort) {
  const headers = {};
  if (fields) headers["Content-Type"] = "application/json";
  if (token.value) headers.Authorization = `Bearer ${token.value}`;
  const limit = AbortSignal.timeout(((fields?.wait ?? 0) + 30) * 1000);
  let answer, said;
  try {
    answer = await fetch(`/${name}`, {
      method,
      headers,
      body: fields && JSON.stringify(fields),
      signal: abort ? AbortSignal.any([abort, limit]) : limit,
      cache: "no-store",
    });
    said = await answer.json();
  } catch (error) {
    if (abort?.aborted) throw error;
    awaySince.value ??= Date.now();
    throw new Away();
  }
  awaySince.value = null;
  if (answer.ok) return said;
  const refusal = new Refusal(said, Number(answer.headers.get("Retry-After")) || null);
  if (refusal.code === "token_invalid" || refusal.code === "token_missing") {
    if (headers.Authorization === `Bearer ${token.value}`) setToken(null, false);
  }
  throw refusal;
}

/** Ask an endpoint; `abort` is an AbortSignal or nothing. */
export const call = (name, fields = {}, abort = null) => send("POST", name, fields, abort);
export const get = (name) => send("GET", name, null, null);

export const sleep = (milliseconds, abort) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    abort?.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });

/** Do something again and again until `abort`; more rarely where nobody looks or nothing answers. */
export async function repeat(work, milliseconds, abort) {
  let failures = 0;
  while (!abort.aborted) {
    try {
      await work();
      failures = 0;
    } catch (error) {
      if (abort.aborted) return;
      if (!(error instanceof Away) && !(error instanceof Refusal)) throw error;
      failures++;
    }
    const pause = failures ? Math.min(250 * 2 ** failures, 4000) : milliseconds;
    await sleep(document.hidden ? Math.max(pause, 5000) : pause, abort);
  }
}
