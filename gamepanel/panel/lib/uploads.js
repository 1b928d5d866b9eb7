// Uploads: two at a time in the whole browser, in pieces where they are large, tried again by themselves.
import { signal } from "./base.js";
import { Away, call, Refusal, sleep, token } from "./api.js";
import { freeName, join, nameOf, parentOf } from "./paths.js";
import { config } from "./store.js";
import { bytes, t } from "./text.js";
import { toBase64 } from "./textfile.js";

const AT_ONCE = 2;
/** What is larger is sent in pieces of this size, in bytes. */
const PIECE = 64 * 1024 * 1024;
/** Bytes of a file that is looked at, in one answer. */
const LOOK = 1024 * 1024;
/** A transfer that stands still for so long is broken off. */
const STALL_MS = 60_000;
const LONGEST_PAUSE_MS = 30_000;
const REDRAW_MS = 200;
/** Names in one answer, and answers about one directory: of a larger one each file is asked about when it is sent. */
const NAMES = 1000;
const PAGES = 10;

/** What may work the next time. */
const AGAIN = ["busy", "shutting_down", "timeout", "too_many_requests"];
/** What holds for all that was to follow, too. */
const FOR_ALL = ["forbidden", "job_running", "no_space", "no_such_server", "quota_exceeded"];

/**
 * What is uploaded, newest last: each a file or a folder, `{key, batch, name, files, error}`, of which
 * each file is `{item, file, path, state, sent, error}`. Those objects change; the list is another one then.
 */
export const uploads = signal([]);
/** Grows when something has come, or was to. */
export const arrivals = signal(0);

const PENDING = ["waits", "sends", "asks"];
export const isPending = (item) => !(item.isReady || item.error) || item.files.some(({ state }) => PENDING.includes(state));
export const isUploading = () => uploads.value.some(isPending);

let redraw = null;
/** Show what has changed, soon. */
function changed() {
  redraw ??= setTimeout(() => {
    redraw = null;
    uploads.value = [...uploads.value];
  }, REDRAW_MS);
}

function arrived() {
  arrivals.value += 1;
  changed();
}

// Whoever comes next has nothing to do with these.
token.subscribe((value) => value || uploads.value.forEach(cancel));

/**
 * Upload into a directory of a server; `things` are `{name, file}`, and of folders `{name, folders,
 * files}` with paths below `name`. What is too large is said at once, and not sent.
 */
export function upload(server, directory, things) {
  const batch = { server, directory, choice: null, taken: new Map() };
  const items = things.map(({ name, file, files, folders = [] }) => {
    const item = { key: Math.random(), batch, name, isFolder: !file, folders: file ? [] : [name, ...folders], error: null };
    item.stop = new AbortController();
    item.files = (file ? [{ path: name, file }] : files).map((each) => ({
      item,
      file: each.file,
      path: join(directory, each.path),
      state: "waits",
      sent: 0,
      tries: 0,
      error: tooLarge(each.file),
    }));
    for (const each of item.files) if (each.error) each.state = "failed";
    return item;
  });
  uploads.value = [...uploads.value, ...items];
  prepare(batch, items);
}

function tooLarge({ size }) {
  const most = config.value?.maxUpload ?? Infinity;
  return size > most ? new Error(t("uploadTooLarge", { size: bytes(size), most: bytes(most) })) : null;
}

/** Names in a directory; null where there are too many to be asked for. */
async function namesIn(server, path, abort) {
  const found = new Set();
  let after;
  for (let page = 0; page < PAGES; page++) {
    const answer = await call("file_list", { server, path, after, limit: NAMES }, abort);
    answer.entries.forEach(({ name }) => found.add(name));
    if (!answer.more) return found;
    after = answer.entries.at(-1).name;
  }
  return null;
}

/** Do something until it works or is refused for good. */
async function insist(work, abort, isTried = () => {}) {
  for (let tries = 0; ; tries++) {
    try {
      return await work(tries);
    } catch (error) {
      if (abort.aborted || !(error instanceof Away || AGAIN.includes(error.code))) throw error;
      isTried();
      await sleep(Math.max(Math.min(500 * 2 ** tries, LONGEST_PAUSE_MS), 1000 * (error.retryAfter ?? 0)), abort);
      if (abort.aborted) throw error;
    }
  }
}

/** Make the folders, and find out which names are taken: what those are is asked before they are sent. */
async function prepare(batch, items) {
  const { server, directory, taken } = batch;
  const look = async (path, abort) => {
    if (!taken.has(path)) taken.set(path, await insist(() => namesIn(server, path, abort), abort));
  };
  for (const item of items) {
    const { signal: abort } = item.stop;
    try {
      if (!item.isFolder) await look(directory, abort);
      for (const folder of item.folders) await makeFolder(batch, join(directory, folder), look, abort);
      for (const each of item.files) {
        if (each.state === "waits" && taken.get(parentOf(each.path))?.has(nameOf(each.path))) ask(each);
      }
      item.isReady = true;
    } catch (error) {
      if (!abort.aborted) failAll(item, error);
    }
    changed();
    pump();
  }
}

async function makeFolder({ server, taken }, path, look, abort) {
  try {
    await insist(() => call("file_make_directory", { server, path }, abort), abort);
    taken.set(path, new Set());
    arrived();
  } catch (error) {
    if (error.code !== "file_exists") throw error;
    await look(path, abort);
  }
}

/** Of something nothing more is sent; what is being sent or is done stays so. */
function failAll(item, error) {
  const waiting = item.files.filter(({ state }) => state === "waits" || state === "asks");
  if (item.isReady && !waiting.length) return;
  item.error = error;
  for (const each of waiting) fail(each, error);
  changed();
}

function fail(each, error) {
  each.state = "failed";
  each.error = error;
}

/** The batches of a server in which names are taken and nobody has said yet what is to be done. */
export const questions = (server) => [
  ...new Set(
    uploads.value.flatMap(({ batch, files }) =>
      batch.server === server && !batch.choice && files.some(({ state }) => state === "asks") ? [batch] : [],
    ),
  ),
];

/** Those files of a batch that are asked about. */
export const takenOf = (batch) =>
  uploads.value.flatMap((item) => (item.batch === batch ? item.files.filter(({ state }) => state === "asks") : []));

/** What is done with all names of a batch that are taken: "replace", "both" or "skip". */
export function decide(batch, choice) {
  batch.choice = choice;
  takenOf(batch).forEach(apply);
  changed();
  pump();
}

/** A name is taken: it is asked about, unless that was said already. */
function ask(each) {
  each.state = "asks";
  if (each.item.batch.choice) apply(each);
}

/** Go on with a file whose name is taken, as was said. */
function apply(each) {
  const { batch } = each.item;
  each.state = batch.choice === "skip" ? "skipped" : "waits";
  // What had come of it was to be another file.
  each.upload = null;
  if (batch.choice === "replace") each.replaces = true;
  if (batch.choice !== "both") return;
  const directory = parentOf(each.path);
  const names = batch.taken.get(directory) ?? new Set();
  names.add(nameOf(each.path));
  const name = freeName(nameOf(each.path), names);
  names.add(name);
  batch.taken.set(directory, names);
  each.path = join(directory, name);
}

export function cancel(item) {
  item.stop.abort();
  uploads.value = uploads.value.filter((each) => each !== item);
}

/** Try again what has failed of something. */
export function again(item) {
  item.error = null;
  item.stop = new AbortController();
  for (const each of item.files) {
    if (each.state === "failed" && each.error.code) Object.assign(each, { state: "waits", error: null, tries: 1 });
  }
  changed();
  if (item.isReady) pump();
  else prepare(item.batch, [item]);
}

let working = 0;

function pump() {
  while (working < AT_ONCE) {
    const next = uploads.value.flatMap((item) => (item.isReady ? item.files : [])).find(({ state }) => state === "waits");
    if (!next) return;
    working += 1;
    next.state = "sends";
    run(next).finally(() => {
      working -= 1;
      changed();
      pump();
    });
  }
}

async function run(each) {
  const { item } = each;
  const { signal: abort } = item.stop;
  let leave;
  try {
    leave = await place(abort);
    await insist((tries) => send(each, tries + each.tries, abort), abort, () => (each.isLate = true));
    each.state = "done";
    each.sent = each.file.size;
    arrived();
  } catch (error) {
    if (abort.aborted) return;
    each.sent = 0;
    if (error.code === "file_exists" && !each.replaces) ask(each);
    else {
      fail(each, error);
      if (FOR_ALL.includes(error.code)) uploads.value.filter(({ batch }) => batch === item.batch).forEach((other) => failAll(other, error));
    }
  } finally {
    each.isLate = false;
    leave?.();
  }
}

/** Wait until fewer than two others upload, in all tabs; the answer gives the place back. */
function place(abort) {
  // Plain HTTP has no locks: there it is two for each tab.
  if (!navigator.locks) return () => {};
  return new Promise((resolve, reject) => {
    const others = new AbortController();
    const stop = () => {
      others.abort();
      reject(abort.reason);
    };
    if (abort.aborted) stop();
    abort.addEventListener("abort", stop);
    let isMine = false;
    const take = () => {
      // Both may be given at once.
      if (isMine || abort.aborted) return undefined;
      isMine = true;
      others.abort();
      abort.removeEventListener("abort", stop);
      return new Promise(resolve);
    };
    for (let n = 0; n < AT_ONCE; n++) {
      navigator.locks.request(`gamepanel.upload.${n}`, { signal: others.signal }, take).catch(() => {});
    }
  });
}

const newId = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

async function send(each, tries, abort) {
  const { file, path, item } = each;
  if (tries) await checkReadable(file);
  const query = { server: item.batch.server, path, ...(each.replaces ? {} : { revision: "" }) };
  if (file.size > PIECE) return sendPieces(each, query, tries, abort);
  // Its answer may have been lost, or a refusal before all of it was sent.
  if (tries && !each.replaces && (await isThere(each, abort))) return undefined;
  return post(query, file, (sent) => progress(each, sent), abort);
}

function progress(each, sent) {
  each.sent = sent;
  each.isLate = false;
  changed();
}

/** @throws Error: the file has changed or gone where it comes from: no browser tells that of a request. */
async function checkReadable(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
  } catch {
    throw new Error(t("uploadUnreadable"));
  }
}

/** Whether the file is there by now, as it is. */
async function isThere({ file, path, item }, abort) {
  const ask = { server: item.batch.server, path, encoding: "base64", limit: LOOK };
  let offset = 0;
  do {
    try {
      const { data, size } = await call("file_read", { ...ask, offset }, abort);
      const own = new Uint8Array(await file.slice(offset, offset + LOOK).arrayBuffer());
      if (size !== file.size || data !== toBase64(own)) return false;
    } catch (error) {
      if (error instanceof Away || abort.aborted) throw error;
      return false;
    }
    offset += LOOK;
  } while (offset < file.size);
  return true;
}

/** How much of an upload has come: `{offset}`, with the revision where that was all. */
async function statusOf(server, id, abort) {
  try {
    return await call("upload_status", { server, upload: id }, abort);
  } catch (error) {
    if (error.code === "no_such_file") return { offset: 0 };
    throw error;
  }
}

async function sendPieces(each, query, tries, abort) {
  const { file } = each;
  let known = { offset: 0 };
  if (each.upload && tries) known = await statusOf(query.server, each.upload, abort);
  else each.upload = newId();
  // The first is empty: whether there is space for all of it is told before any of it is sent.
  let next = known.offset;
  while (known.revision === undefined) {
    const from = known.offset;
    const piece = { ...query, upload: each.upload, offset: from, size: file.size };
    try {
      known = await post(piece, file.slice(from, next), (sent) => progress(each, from + sent), abort);
    } catch (error) {
      // The daemon has not noticed yet that the piece before has broken off.
      if (error.code === "file_changed" && error.cause?.code === "other_offset") throw new Away();
      throw error;
    }
    next = Math.min(known.offset + PIECE, file.size);
  }
}

/** Send some bytes; only this kind of request tells how far it is. */
function post(query, body, tell, abort) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let stall;
    const live = () => {
      clearTimeout(stall);
      stall = setTimeout(() => request.abort(), STALL_MS);
    };
    const stop = () => request.abort();
    request.open("POST", `/file_upload?${new URLSearchParams(query)}`);
    if (token.value) request.setRequestHeader("Authorization", `Bearer ${token.value}`);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.responseType = "json";
    request.upload.onprogress = ({ loaded }) => {
      live();
      tell(loaded);
    };
    request.onload = () => {
      // A proxy answers without JSON: what it finds too large stays so, all else may pass.
      const said = request.response ?? (request.status === 413 ? { detail: "", code: "too_large" } : null);
      if (request.status === 200) resolve(said);
      else if (!said) reject(new Away());
      else reject(new Refusal(said, Number(request.getResponseHeader("Retry-After")) || null));
    };
    request.onerror = request.onabort = () => reject(new Away());
    request.onloadend = () => {
      clearTimeout(stall);
      abort.removeEventListener("abort", stop);
    };
    abort.addEventListener("abort", stop);
    live();
    request.send(body);
  });
}
