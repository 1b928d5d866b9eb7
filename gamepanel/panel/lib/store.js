// What is known of the daemon, for all views.
import { effect, signal, useEffect, useState } from "./base.js";
import { awaySince, call, get, repeat, sleep, token } from "./api.js";
import { hasTypeWords, loadTypeWords } from "./text.js";

export const config = signal(null);
export const me = signal(null);
/** Status objects by id; null until the first answer. */
export const servers = signal(null);
/** When they were known last, in seconds. */
export const seenAt = signal(null);

/** Samples that are kept of each server's usage. */
const MOST = 120;
const histories = new Map();

// When something was last begun here: an answer that was asked for before knows nothing of it.
let begunAt = 0;

/** Samples of the CPU in the last hour by server, `{at, value}`, where they are known. */
export const hours = new Map();

/** The newest samples of what a server uses and who is on: `{at, cpu, memory, players}`. */
export const historyOf = (id) => histories.get(id) ?? [];

function remember(status) {
  const history = histories.get(status.server) ?? [];
  history.push({
    at: Date.now(),
    cpu: status.usage?.cpuPercent ?? 0,
    memory: status.usage?.memoryBytes ?? 0,
    players: status.players?.online ?? 0,
  });
  if (history.length > MOST) history.shift();
  histories.set(status.server, history);
}

export async function loadConfig() {
  config.value = await get("config");
}

export async function loadMe() {
  const asked = token.value;
  const answer = await call("whoami");
  // Somebody else may have come meanwhile.
  if (token.value === asked) me.value = answer;
}

export async function loadServers(abort) {
  const askedAt = performance.now();
  const answer = await call("server_status", {}, abort);
  if (askedAt < begunAt) return;
  seenAt.value = Date.now() / 1000;
  answer.servers.forEach(remember);
  servers.value = new Map(answer.servers.map((status) => [status.server, status]));
  for (const id of histories.keys()) if (!servers.value.has(id)) histories.delete(id);
}

export async function loadServer(id, abort) {
  const askedAt = performance.now();
  const status = await call("server_status", { server: id }, abort);
  if (askedAt < begunAt) return;
  seenAt.value = Date.now() / 1000;
  remember(status);
  put(status);
}

function put(status) {
  servers.value = new Map(servers.value ?? []).set(status.server, status);
}

/** Show at once what an action has begun. */
export function expect(id, status) {
  begunAt = performance.now();
  const known = servers.value?.get(id);
  if (known) put({ ...known, status });
}

/** What an endpoint answers, asked again and again until it does or each `pause` milliseconds, and what it refuses. */
export function useAnswer(work, again, pause = null) {
  const [answer, setAnswer] = useState(null);
  const [refusal, setRefusal] = useState(null);
  useEffect(() => {
    const stop = new AbortController();
    const ask = async () => {
      try {
        setAnswer(await work(stop.signal));
        setRefusal(null);
      } catch (error) {
        if (error.code) setRefusal(error);
        throw error;
      }
    };
    repeat(ask, pause, stop.signal);
    return () => stop.abort();
  }, again);
  return [answer, refusal];
}

/** Whether the words of type files are there; a view that shows them waits for them. */
export function useTypeWords() {
  const [isHere, setHere] = useState(hasTypeWords());
  useEffect(() => {
    // Without them the page is as good as before, in English.
    if (!isHere) loadTypeWords().catch(() => {}).then(() => setHere(true));
  }, []);
  return isHere;
}

/** Whether we may do this with a server. */
export function may(id, right) {
  const user = me.value;
  return Boolean(user && (user.admin || user.servers[id]?.includes(right)));
}

export const mayCreate = () => Boolean(me.value && (me.value.admin || me.value.create));

export const isOpen = () => config.value?.auth === "noauth";

function forget() {
  me.value = null;
  servers.value = null;
  histories.clear();
  hours.clear();
}

token.subscribe((value) => value || forget());

/** Ask at once whether the daemon is back. */
export const lookNow = () => get("healthz").catch(() => {});

// Whoever waits for nothing else notices by this that the daemon is back.
effect(() => {
  if (awaySince.value === null) return undefined;
  const stop = new AbortController();
  const look = async () => {
    await sleep(1000, stop.signal);
    if (!stop.signal.aborted) await get("healthz");
  };
  repeat(look, null, stop.signal);
  return () => stop.abort();
});
