// Follow a log: its end first, so that there is something to see at once, then all that is older,
// and what comes, each byte once.
import { call, repeat } from "./api.js";
import { Lines } from "./lines.js";
import { endOf } from "./logend.js";
import { mayWait, whileMayWait } from "./tabs.js";
import { t } from "./text.js";

/** Bytes of a log in one answer, at least and at most, and how many seconds an answer may wait. */
const CHUNK = 262_144;
const LEAST = 4;
const WAIT = 25;
/** Between looks at a log by a tab that may not wait. */
const LOOK_MS = 5000;
const LINE_FEED = 10;
/** So many characters are taken in at once, and for so long until there is a pause. */
const SLICE = 8192;
const BUSY_MS = 5;
/** What is older comes when there is nothing else to do, or after so long. */
const PATIENCE_MS = 500;

const bytesOf = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
const textOf = (bytes) => new TextDecoder().decode(bytes);

/** Read the end of a log, from a line's beginning on; where that is, and where to read on. */
async function readEnd(id, lines, abort) {
  const chunk = await endOf(id, abort);
  if (chunk === null) return [0, 0];
  const bytes = bytesOf(chunk.data);
  // Where it is all of the log it begins with a line.
  const first = chunk.oldReadIndex && bytes.indexOf(LINE_FEED) + 1;
  const last = bytes.lastIndexOf(LINE_FEED) + 1;
  if (!last) return [chunk.oldReadIndex, chunk.oldReadIndex];
  const begin = chunk.oldReadIndex + first;
  lines.append(textOf(bytes.subarray(first, last)), begin, chunk.times);
  return [begin, chunk.oldReadIndex + last];
}

/** A piece of a log that ends at an index at the latest. */
async function readUpTo(id, index, end, abort) {
  const limit = Math.min(CHUNK, end - index);
  if (limit >= LEAST) {
    return call("server_log", { server: id, readIndex: index, limit, times: true }, abort);
  }
  const fields = { server: id, readIndex: index, limit: LEAST, encoding: "base64" };
  const chunk = await call("server_log", fields, abort);
  const bytes = bytesOf(chunk.data).subarray(0, limit);
  return { ...chunk, data: textOf(bytes), nextReadIndex: index + bytes.length, times: [] };
}

/** Lets whoever taps or types go first; where nobody looks there is nobody to wait for. */
const pause = () =>
  new Promise((resolve) => {
    if (document.hidden) resolve();
    else setTimeout(resolve);
  });

/** When what is shown first has been shown. */
const idle = () =>
  new Promise((resolve) => {
    if (document.hidden || !globalThis.requestIdleCallback) resolve();
    else requestIdleCallback(resolve, { timeout: PATIENCE_MS });
  });

/** Take a piece of a log in, slice by slice: a slow phone must not stand still meanwhile. */
async function takeIn(lines, { data, oldReadIndex, times }) {
  let until = performance.now() + BUSY_MS;
  for (let from = 0, to = 0; from < data.length; from = to) {
    to = data.indexOf("\n", from + SLICE) + 1 || data.length;
    const slice = data.slice(from, to);
    if (from === 0) lines.append(slice, oldReadIndex, times);
    else lines.append(slice);
    if (performance.now() < until) continue;
    await pause();
    until = performance.now() + BUSY_MS;
  }
}

/** Read what is kept of a log before an index, and put it in front. */
async function readOlder(id, lines, end, abort) {
  const older = new Lines();
  // As wide as those that are shown, so that rows need not be counted once more.
  older.layout(lines.columns);
  let index = 0;
  while (index < end) {
    const chunk = await readUpTo(id, index, end, abort);
    // Meanwhile the log has gone on so far that all of it was overrun.
    if (chunk.oldReadIndex >= end || !chunk.data) return;
    const isFirst = index === 0;
    if (!isFirst && chunk.oldReadIndex > index) older.gap(t("gone", { n: chunk.oldReadIndex - index }));
    await takeIn(older, chunk);
    index = chunk.nextReadIndex;
  }
  if (lines.hasRoomFor(older)) lines.prepend(older);
}

/** Do it until it works; what is gone by then is not needed. */
function insist(work, abort) {
  return new Promise((resolve) => {
    repeat(async () => resolve(await work()), null, abort);
  });
}

/**
 * Follow a log into `lines` until `abort`; `changed` is called after each piece.
 *
 * @returns: fires when all that was printed before is there.
 */
export async function follow(id, lines, changed, abort) {
  const [begin, next] = await insist(() => readEnd(id, lines, abort), abort);
  changed();
  followOn(id, lines, next, changed, abort);
  if (begin === 0) return;
  await idle();
  await insist(() => readOlder(id, lines, begin, abort), abort);
  changed();
}

/** Read on from an index, and wait for what comes. */
function followOn(id, lines, index, changed, abort) {
  let atEnd = false;
  return repeat(
    async () => {
      const waits = atEnd && mayWait();
      const waiting = whileMayWait(abort);
      let chunk;
      try {
        const fields = { server: id, readIndex: index, limit: CHUNK, wait: waits ? WAIT : 0, times: true };
        chunk = await call("server_log", fields, waiting.signal);
      } catch (error) {
        if (waiting.signal.aborted && !abort.aborted) return true;
        throw error;
      } finally {
        waiting.end();
      }
      const lost = chunk.oldReadIndex - index;
      if (lost > 0) lines.gap(t("gone", { n: lost }));
      if (chunk.data) await takeIn(lines, chunk);
      index = chunk.nextReadIndex;
      // Half a character at the end waits for its rest.
      atEnd = index === chunk.readIndex || !chunk.data;
      changed();
      return !atEnd || mayWait();
    },
    LOOK_MS,
    abort,
  );
}
