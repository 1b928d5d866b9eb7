// The end of a log, which one may ask for before the console is there that shows it.
import { call } from "./api.js";

/** Bytes of a log in the first answer, and the fewest that one may ask for. */
const FIRST = 65_536;
const LEAST = 4;

/** What was asked for already, by server. */
const begun = new Map();

/**
 * The newest bytes of a log as `server_log` answers, in base64: only so is it known at which byte a
 * line begins. Null where there is nothing.
 */
async function ask(id, abort) {
  const beyond = Number.MAX_SAFE_INTEGER;
  const fields = { server: id, readIndex: beyond, limit: LEAST };
  const end = (await call("server_log", fields, abort)).readIndex;
  if (end === 0) return null;
  const more = { readIndex: Math.max(0, end - FIRST), limit: FIRST, encoding: "base64", times: true };
  return call("server_log", { server: id, ...more }, abort);
}

/** Begin to ask for the end of a log, while it is not yet known who looks. */
export function fetchEnd(id) {
  const answer = ask(id, null);
  // Whoever wants it then asks anew.
  answer.catch(() => begun.delete(id));
  begun.set(id, answer);
}

/** The end of a log: what was asked for ahead, once, or what is there now. */
export function endOf(id, abort) {
  const answer = begun.get(id);
  begun.delete(id);
  return answer ?? ask(id, abort);
}
