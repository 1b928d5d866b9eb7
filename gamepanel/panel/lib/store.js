// What is known of the daemon, for all views.
import { signal } from "./base.js";
import { call, get, token } from "./api.js";

export const config = signal(null);
export const me = signal(null);
/** Status objects by id; null until the first answer. */
export const servers = signal(null);

const MOST = 120;
const histories = new Map();

/** The newest samples of a server's usage: `{at, cpu, memory}`. */
export const historyOf = (id) => histories.get(id) ?? [];

function remember(status) {
  const history = histories.get(status.server) ?? [];
  history.push({
    at: Date.now(),
    cpu: status.usage?.cpuPercent ?? 0,
    memory: status.usage?.memoryBytes ?? 0,
  });
  if (history.length > MOST) history.shift();
  histories.set(status.server, history);
}

export async function loadConfig() {
  config.value = await get("config");
}

export async function loadMe() {
  me.value = await call("whoami");
}

export async function loadServers(abort) {
  const answer = await call("server_status", {}, abort);
  answer.servers.forEach(remember);
  servers.value = new Map(answer.servers.map((status) => [status.server, status]));
}

export async function loadServer(id, abort) {
  const status = await call("server_status", { server: id }, abort);
  remember(status);
  put(status);
  return status;
}

function put(status) {
  servers.value = new Map(servers.value ?? []).set(status.server, status);
}

/** Show at once what an action has begun. */
export function expect(id, status) {
  const known = servers.value?.get(id);
  if (known) put({ ...known, status });
}

/** Whether we may do this with a server. */
export function may(id, right) {
  const user = me.value;
  return Boolean(user && (user.admin || user.servers[id]?.includes(right)));
}

export const mayCreate = () => Boolean(me.value && (me.value.admin || me.value.create));

export function forget() {
  me.value = null;
  servers.value = null;
  histories.clear();
}

token.subscribe((value) => value || forget());
