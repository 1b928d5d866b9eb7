// Backups of servers that are gone, for admins.
import { html, useState } from "../lib/base.js";
import { call } from "../lib/api.js";
import { askAdopt, lostItemsOf, nameOf } from "../lib/backupdeeds.js";
import { say } from "../lib/live.js";
import { useAnswer } from "../lib/store.js";
import { bytes, count, explain, moment, t } from "../lib/text.js";
import { Marks, useDeeds } from "./backups.js";
import { Menu } from "./menu.js";

/**
 * Those that belong to no server. An id says too little: a new server may have that of one which is gone, so
 * each server whose id is among them is asked for its own.
 */
async function lost(abort) {
  const { backups } = await call("backup_list", {}, abort);
  const { servers } = await call("server_list", {}, abort);
  const ids = new Set(backups.map(({ server }) => server));
  const owned = new Set();
  for (const { server } of servers.filter((each) => ids.has(each.server))) {
    const own = await call("backup_list", { server }, abort);
    own.backups.forEach(({ backup }) => owned.add(backup));
  }
  return backups.filter(({ backup }) => !owned.has(backup));
}

export default function LostBackups() {
  const [tries, again] = useState(0);
  const [backups, refusal] = useAnswer(lost, [tries]);
  const [part, ask, act] = useDeeds(null, () => again((n) => n + 1));
  const [told, tell] = useState("");
  const adopted = (n) => {
    tell(count("nAdopted", n));
    say(count("nAdopted", n));
  };
  return html`<section class="panel lost" aria-label=${t("lostBackups")}>
    <div class="tab-head">
      <h2>${t("lostBackups")}</h2>
      <button class="btn small" type="button" onClick=${() => ask(() => askAdopt(adopted))}>${t("adopt")} …</button>
    </div>
    ${told && html`<p>${told}</p>`} ${part}
    ${!backups?.length && html`<p class="muted">${backups ? t("noLostBackups") : explain(refusal) || t("loading")}</p>`}
    ${
      backups?.length > 0 &&
      html`<table class="plain backups">
        <thead>
          <tr>
            <th scope="col">${t("server")}</th>
            <th scope="col" class="num">${t("size")}</th>
            <th scope="col">${t("when")}</th>
            <th scope="col" class="hide-s">${t("typeName")}</th>
            <th scope="col">${t("note")}</th>
            <th scope="col"><span class="sr">${t("actions")}</span></th>
          </tr>
        </thead>
        <tbody>
          ${backups.map(
            (backup) => html`<tr key=${backup.backup}>
              <th scope="row">${backup.server}</th>
              <td class="num">${bytes(backup.size)}</td>
              <td title=${moment(backup.at)}>${nameOf(backup)}</td>
              <td class="hide-s">${backup.type}</td>
              <td><${Marks} backup=${backup} /></td>
              <td class="acts"><${Menu} label=${t("moreFor", { id: `${backup.server}, ${nameOf(backup)}` })} items=${lostItemsOf(backup, ask, act)} /></td>
            </tr>`,
          )}
        </tbody>
      </table>`
    }
  </section>`;
}
