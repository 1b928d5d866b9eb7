// What is done with backups: what changes something asks first, with what `Ask` takes.
import { awaySince, call } from "./api.js";
import { follow, setBegun } from "./filedeeds.js";
import { insideOf } from "./paths.js";
import { go } from "./route.js";
import { loadMe, mayCreate } from "./store.js";
import { count, shortMoment, t } from "./text.js";

/** Paths in one request. */
export const MOST_PATHS = 100;

export const nameOf = ({ at }) => shortMoment(at);

/** Begin a job of a server, and show it there. */
async function begin(name, server, fields) {
  const { job } = await call(name, fields);
  setBegun(server, { job });
}

/** Download a backup: the browser itself does, which can't send a token, by a ticket. */
async function download(backup) {
  const { ticket } = await call("download_ticket", { backup });
  follow({ backup, ticket }, "backup_download");
}

export const askMake = (server) => ({
  title: t("makeBackup"),
  about: t("makeBackupAbout"),
  verb: t("backUp"),
  fields: [
    { name: "note", label: t("note"), hint: t("noteHint") },
    { name: "locked", label: t("lockBackup"), hint: t("lockBackupHint"), value: false },
  ],
  act: (fields) => begin("backup_create", server, { server, ...fields }),
});

/** Why nothing can be restored now; empty when it can. */
function whyNotRestore({ status }) {
  if (status === "installing") return t("code.job_running");
  if (!["stopped", "crashed", "failed"].includes(status)) return t("code.not_stopped");
  return awaySince.value === null ? "" : t("awayWait");
}

/** What is wrong with a backup that is to be restored. */
const flawsOf = ({ damaged, complete, quiesced }) => [
  damaged && t("restoresDamaged"),
  !complete && t("restoresIncomplete"),
  quiesced === false && t("restoresUnquiesced"),
];

/** Restore all of a backup, or what is at some paths; the server's status says whether that can be done. */
export const askRestore = (backup, status, paths = []) => ({
  title: t("restoreTitle", { id: status.server, when: nameOf(backup) }),
  about: [paths.length ? count("restoreSome", paths.length) : t("restoreAll"), ...flawsOf(backup)].filter(Boolean).join(" "),
  verb: t("restore"),
  isDanger: true,
  why: whyNotRestore(status),
  first: [status, t("beforeRestore"), backup],
  fields: [{ name: "keepOthers", label: t("keepOthers"), hint: t("keepOthersHint"), value: false }],
  act: (fields) => begin("backup_restore", status.server, { server: status.server, backup: backup.backup, paths, ...fields }),
});

const askNote = ({ backup, note }) => ({
  title: t("noteTitle"),
  verb: t("save"),
  fields: [{ name: "note", label: t("note"), value: note }],
  act: (fields) => call("backup_update", { backup, ...fields }),
});

const askDelete = (backup) => ({
  title: t("deleteBackup", { id: backup.server, when: nameOf(backup) }),
  about: t("deleteFinal"),
  verb: t("deleteForGood"),
  isDanger: true,
  act: () => call("backup_delete", { backup: backup.backup }),
});

const askNew = ({ backup, server, type, at }) => ({
  title: t("newFromTitle", { id: server, when: shortMoment(at) }),
  about: t("newFromAbout"),
  verb: t("create"),
  fields: [{ name: "id", label: t("id"), value: server }],
  act: async ({ id }) => {
    await call("server_create", { type, server: id, from: { backup } });
    await loadMe().catch(() => {});
    go(`/server/${id}/console`);
  },
});

export const askAdopt = (told) => ({
  title: t("adoptTitle"),
  about: t("adoptAbout"),
  verb: t("adopt"),
  act: async () => told((await call("backup_adopt")).backups.length),
});

/** What can be done with a backup of a server, as a menu has it; `ask` is given what makes a question of a status. */
export function itemsOf(backup, ask, act) {
  const { backup: number, server, locked } = backup;
  return [
    { icon: "history", text: `${t("restore")} …`, act: () => ask((status) => askRestore(backup, status)) },
    { icon: "folder", text: t("lookInside"), act: () => (location.hash = insideOf(server, number, "")) },
    { icon: "circle-check", text: t("verify"), act: () => act(() => begin("backup_verify", server, { backup: number })) },
    { icon: "lock", text: t(locked ? "unlockBackup" : "lockBackup"), act: () => act(() => call("backup_update", { backup: number, locked: !locked })) },
    { icon: "pencil", text: `${t("note")} …`, act: () => ask(() => askNote(backup)) },
    ...alwaysOf(backup, ask, act),
  ];
}

/** What can be done with a backup whose server is gone. */
export const lostItemsOf = (backup, ask, act) => [
  mayCreate() && { icon: "plus", text: `${t("newFrom")} …`, act: () => ask(() => askNew(backup)) },
  ...alwaysOf(backup, ask, act),
];

const alwaysOf = (backup, ask, act) => [
  { icon: "download", text: t("download"), act: () => act(() => download(backup.backup)) },
  "-",
  { icon: "trash-2", text: `${t("deleteIt")} …`, why: backup.locked ? t("code.locked") : "", isDanger: true, act: () => ask(() => askDelete(backup)) },
];
