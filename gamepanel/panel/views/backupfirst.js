// A backup before something that changes a server: that is done only when it was made.
import { html, useState } from "../lib/base.js";
import { call } from "../lib/api.js";
import { config, may } from "../lib/store.js";
import { t, told } from "../lib/text.js";
import { Check } from "./field.js";
import { Lazy, server as script } from "./lazy.js";

/**
 * For whoever may make one: a box to tick, in whose place its job is shown as it goes on; and what waits for
 * that, where somebody wants it. A question that is left meanwhile is never done. `note` is the backup's.
 */
export function useBackupFirst(status, note) {
  const [isWanted, want] = useState(false);
  const [made, setMade] = useState(null);
  const mayMake = status && may(status.server, "backup") && config.value.features.includes("backups");
  async function make() {
    if (!mayMake || !isWanted) return;
    const { job } = await call("backup_create", { server: status.server, note });
    const end = await new Promise((over) => setMade({ id: job, over }));
    setMade(null);
    if (end.status !== "done") {
      const why = told(end.error ?? "", end.cause);
      throw Object.assign(new Error(`${t("backupNotMade")} ${why}`.trim()), { code: "backup_failed" });
    }
    // What comes next may be refused and asked for again: it is there then.
    want(false);
  }
  const part = made
    ? html`<${Lazy} key=${made.id} script=${script} part="Job" ...${{ status, ...made }} />`
    : html`<${Check} id="backup-first" label=${t("backupFirst")} checked=${isWanted} change=${want} />`;
  return [mayMake && part, make];
}
