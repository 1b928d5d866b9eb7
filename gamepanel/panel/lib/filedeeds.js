// What is done with files: each asks first, with what `Ask` takes, and then asks the daemon.
import { signal } from "./base.js";
import { call, token } from "./api.js";
import { say } from "./live.js";
import { freeName, isArchive, join, nameOf } from "./paths.js";
import { count, t } from "./text.js";

/** Paths in one request. */
const MOST = 1000;

/** Jobs that were begun here and are not over, by their server: `{job, done}`. */
export const begun = signal(new Map());
// Whoever comes next has nothing to do with these.
token.subscribe((value) => value || (begun.value = new Map()));

export function setBegun(server, job) {
  const next = new Map(begun.value);
  if (job) next.set(server, job);
  else next.delete(server);
  begun.value = next;
}

/** Begin a job; `done` is called when it has been done. */
async function begin(server, name, fields, done) {
  const { job } = await call(name, { server, ...fields });
  setBegun(server, { job, done });
}

/** Let the browser download what an endpoint has. */
export function follow(query, name = "file_download") {
  const link = Object.assign(document.createElement("a"), { href: `/${name}?${new URLSearchParams(query)}`, download: "" });
  document.body.append(link);
  link.click();
  link.remove();
}

/** Download a file: the browser itself does, which can't send a token, by a ticket. */
async function downloadFile(server, path) {
  const { ticket } = await call("download_ticket", { server, path });
  follow({ server, path, ticket });
}

/** Download what was packed for that. */
async function downloadPacked(job) {
  const { ticket } = await call("download_ticket", { job });
  follow({ ticket });
}

const isOneFile = (entries) => entries.length === 1 && entries[0].kind === "file";
/** Whether entries can be downloaded: there is no archive of nothing but links. */
export const mayDownload = (entries) => entries.some(({ kind }) => kind === "file" || kind === "directory");

/** Download entries: a file as it is, all else as one zip. */
export async function download(server, directory, entries) {
  if (isOneFile(entries)) return downloadFile(server, join(directory, entries[0].name));
  const paths = entries.map(({ name }) => join(directory, name));
  return begin(server, "file_pack", { paths }, ({ job }) => downloadPacked(job));
}

const named = (entries) => (entries.length === 1 ? entries[0].name : count("nThings", entries.length));
const pathField = (value, label = t("toPath"), hint = t("toPathHint")) => ({ name: "to", label, value, hint });
const trimmed = (path) => path.replace(/^\/+|\/+$/g, "");

export const askFile = (server, directory) => ({
  title: t("newFile"),
  verb: t("create"),
  fields: [{ name: "name", label: t("name") }],
  act: ({ name }) => call("file_write", { server, path: join(directory, name), data: "", revision: null }),
});

export const askFolder = (server, directory) => ({
  title: t("newFolder"),
  verb: t("create"),
  fields: [{ name: "name", label: t("name") }],
  act: ({ name }) => call("file_make_directory", { server, path: join(directory, name) }),
});

function lastOf(url) {
  try {
    return decodeURIComponent(nameOf(new URL(url).pathname));
  } catch {
    return "";
  }
}

export const askFetch = (server, directory) => ({
  title: t("fromAddress"),
  about: t("fetchAbout"),
  verb: t("fetch"),
  canReplace: true,
  fields: [
    { name: "url", label: t("address") },
    { name: "name", label: t("name"), hint: t("fetchNameHint") },
    { name: "sha256", label: t("sha256"), hint: t("sha256Hint") },
  ],
  act: ({ url, name, sha256, replace }) => {
    const wanted = { url: url.trim(), to: join(directory, name || lastOf(url.trim())), sha256: sha256.trim() || undefined, replace };
    return begin(server, "file_fetch", wanted);
  },
});

export const askRename = (server, directory, { name }) => ({
  title: t("renameIt", { name }),
  verb: t("rename"),
  canReplace: true,
  fields: [{ name: "name", label: t("newName"), value: name }],
  act: ({ name: next, replace }) => call("file_move", { server, from: join(directory, name), to: join(directory, next), replace }),
});

export const askMove = (server, directory, entries) => ({
  title: t("moveIt", { what: named(entries) }),
  verb: t("move"),
  canReplace: true,
  fields: [pathField(directory, t("toFolder"), t("toFolderHint"))],
  act: async ({ to, replace }) => {
    // One that has been moved is not there any more when the rest is tried again.
    while (entries.length) {
      const { name } = entries[0];
      await call("file_move", { server, from: join(directory, name), to: join(trimmed(to), name), replace });
      entries = entries.slice(1);
    }
  },
});

export const askCopy = (server, directory, { name }) => ({
  title: t("copyOf", { name }),
  verb: t("copy"),
  canReplace: true,
  fields: [pathField(join(directory, freeName(name, new Set())))],
  act: ({ to, replace }) => begin(server, "file_copy", { from: join(directory, name), to: trimmed(to), replace }),
});

export const askPack = (server, directory, entries) => ({
  title: t("packIt", { what: named(entries) }),
  verb: t("pack"),
  canReplace: true,
  fields: [pathField(join(directory, `${entries.length === 1 ? entries[0].name : nameOf(directory) || server}.zip`))],
  act: ({ to, replace }) => begin(server, "file_pack", { paths: entries.map(({ name }) => join(directory, name)), to: trimmed(to), replace }),
});

export const askUnpack = (server, directory, { name }) => ({
  title: t("unpackIt", { name }),
  verb: t("unpack"),
  // Only the job finds out what is there.
  canReplace: "always",
  fields: [pathField(directory, t("toFolder"), t("unpackHint"))],
  act: ({ to, replace }) => begin(server, "file_unpack", { path: join(directory, name), to: trimmed(to), replace }),
});

export const askDelete = (server, directory, entries) => ({
  title: t("deleteThem", { what: named(entries) }),
  about: `${entries.length > 1 ? count("deleteN", entries.length) : ""} ${t(entries.some(({ kind }) => kind === "directory") ? "deleteFolders" : "deleteFinal")}`.trim(),
  verb: t("deleteForGood"),
  isDanger: true,
  act: async () => {
    const paths = entries.map(({ name }) => join(directory, name));
    for (let at = 0; at < paths.length; at += MOST) await call("file_delete", { server, paths: paths.slice(at, at + MOST) });
    say(t("deleted", { what: named(entries) }));
  },
});

/** What can be done with an entry, as a menu has it; `ask` shows a question, `act` does something at once. */
export function itemsOf(server, directory, entry, ask, act) {
  const { name, kind, executable } = entry;
  const isFile = kind === "file";
  const asks = (icon, text, question, more) => ({ icon, text: `${t(text)} …`, act: () => ask(question), ...more });
  return [
    mayDownload([entry]) && { icon: "download", text: t("download"), key: "d", act: () => act(() => download(server, directory, [entry])) },
    asks("pencil", "rename", askRename(server, directory, entry)),
    asks("copy", "copy", askCopy(server, directory, entry)),
    asks("folder", "move", askMove(server, directory, [entry])),
    asks("file-archive", "pack", askPack(server, directory, [entry])),
    isFile && isArchive(name) && asks("package", "unpack", askUnpack(server, directory, entry)),
    isFile && {
      icon: "terminal",
      text: t(executable ? "noProgram" : "makeProgram"),
      act: () => act(() => call("file_update", { server, path: join(directory, name), executable: !executable })),
    },
    "-",
    asks("trash-2", "deleteIt", askDelete(server, directory, [entry]), { isDanger: true }),
  ];
}
