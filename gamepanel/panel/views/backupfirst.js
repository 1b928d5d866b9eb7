// A backup before something that changes a server: that is done only when it was made.
import { html, useEffect, useMemo, useState } from "../lib/base.js";
import { call } from "../lib/api.js";
import { config, may } from "../lib/store.js";
import { t, told } from "../lib/text.js";
import { Check } from "./field.js";
import { Lazy, server as script } from "./lazy.js";

/**
 * For whoever may make one: a box to tick, in whose place its job is shown as it goes on; and what does
 * something after that, where somebody wants it. A question that is left meanwhile is never done. `note` is the
 * backup's; `spared` is a backup that no rule deletes until that was done.
 */
export function useBackupFirst(status, note, spared = null) {
  const [isWanted, want] = useState(false);
  const [made, setMade] = useState(null);
  const left = useMemo(() => new AbortController(), []);
  useEffect(() => () => left.abort(), []);
  const mayMake = status && may(status.server, "backup") && config.value.features.includes("backups");
  async function make() {
    const { job } = await call("backup_create", { server: status.server, note });
    left.signal.throwIfAborted();
    const end = await new Promise((over, leave) => {
      left.signal.addEventListener("abort", () => leave(left.signal.reason));
      setMade({ id: job, over });
    });
    setMade(null);
    if (end.status !== "done") throw failed("backupNotMade", told(end.error ?? "", end.cause));
    const { backups } = await call("backup_list", { server: status.server }, left.signal);
    const found = backups.find(({ backup }) => backup === end.result?.backup);
    if (!found) throw failed("backupNotWhole", t("code.no_such_backup"));
    const names = found.changed.join(", ");
    if (!found.complete) throw failed("backupNotWhole", names && t("incompleteAre", { names }));
    // What comes next may be refused and asked for again: it is there then.
    want(false);
  }
  async function after(act) {
    if (!mayMake || !isWanted) return act();
    const lock = async (locked) => spared && !spared.locked && call("backup_update", { backup: spared.backup, locked });
    try {
      await lock(true);
      await make();
      return await act();
    } finally {
      // Where this fails it stays locked, which is seen beside it.
      await lock(false).catch(() => {});
    }
  }
  const part = made
    ? html`<${Lazy} key=${made.id} script=${script} part="Job" ...${{ status, ...made }} />`
    : html`<${Check} id="backup-first" label=${t("backupFirst")} checked=${isWanted} change=${want} />`;
  return [mayMake && part, after];
}

const failed = (text, why) => Object.assign(new Error(`${t(text)} ${why}`.trim()), { code: "backup_failed" });
