// What is in a backup, folder by folder; all of it can be restored, or what is chosen.
import { html, useMemo, useState } from "../lib/base.js";
import { askRestore, MOST_PATHS, nameOf } from "../lib/backupdeeds.js";
import { insideOf, join } from "../lib/paths.js";
import { route } from "../lib/route.js";
import { bytes, count, number, t } from "../lib/text.js";
import { Marks, useDeeds } from "./backups.js";
import { Crumbs } from "./crumbs.js";
import { refusalText } from "./fileask.js";
import { isTooLarge, Jobs, Row, sorted, Table, useEntries } from "./files.js";
import { Icon } from "./icon.js";
import { Problem } from "./problem.js";

/** So many rows are shown before somebody asks for more. */
const PAGE = 200;

export function Inside({ id, status, backup, path, look }) {
  const [known, refusal, , more] = useEntries("backup_files", { backup: backup.backup }, path);
  const { sort = "name" } = route.value.query;
  const [chosen, choose] = useState(new Set());
  const [rows, setRows] = useState(PAGE);
  const [part, ask] = useDeeds(status, look);
  const isLarge = isTooLarge(known);
  const found = useMemo(() => (isLarge ? known.entries : sorted(known?.entries ?? [], sort)), [known, sort]);
  const picked = found.filter(({ name }) => chosen.has(name));
  const to = (at) => insideOf(id, backup.backup, at);
  const restore = (entries) => ask((now) => askRestore(backup, now, entries.map(({ name }) => join(path, name))));
  const row = (entry) => {
    const items = [{ icon: "history", text: `${t("restore")} …`, act: () => restore([entry]) }];
    const href = entry.kind === "directory" ? to(join(path, entry.name)) : null;
    return html`<${Row} key=${entry.name} ...${{ entry, href, chosen, choose, items }} />`;
  };
  const all = useMemo(() => found.slice(0, rows).map(row), [found, rows, chosen]);
  return html`<div class="file-bar">
      <a class="btn icon" href=${`#/server/${id}/backups`} aria-label=${t("toBackups")} title=${t("toBackups")}><${Icon} name="chevron-left" /></a>
      <b>${nameOf(backup)}</b>
      <${Crumbs} ...${{ id, path, to }} />
      <span class="muted">${count("nFiles", backup.files)}, ${bytes(backup.total)}</span>
      <span class="file-acts"><button class="btn" type="button" onClick=${() => restore([])}><${Icon} name="history" />${t("restoreWhole")} …</button></span>
    </div>
    <div class="backup-about">
      <${Marks} backup=${backup} />
      ${backup.changed.length > 0 && html`<p class="muted">${t("incompleteAre", { names: backup.changed.join(", ") })}</p>`}
    </div>
    <${Jobs} ...${{ id, status, look }} />
    ${part}
    <${Problem} text=${refusal && refusalText(refusal)} />
    ${!known && !refusal && html`<p class="muted">${t("loading")}</p>`}
    ${known && !found.length && html`<p class="more">${t("emptyFolder")}</p>`}
    ${found.length > 0 && html`<${Table} ...${{ isLarge, sort, found, picked, choose }} rows=${all} />`}
    ${found.length > rows && html`<p class="more"><button class="btn" type="button" onClick=${() => setRows(rows + PAGE)}>${t("showMore")}</button></p>`}
    ${found.length <= rows && known?.more && html`<p class="more"><button class="btn" type="button" onClick=${more}>${t("loadMore")}</button></p>`}
    ${known?.hidden > 0 && html`<p class="muted">${count("nHidden", known.hidden)}</p>`}
    ${picked.length > 0 && html`<${Picked} ...${{ picked }} restore=${() => restore(picked)} none=${() => choose(new Set())} />`}`;
}

/** What can be done with all that is chosen. */
function Picked({ picked, restore, none }) {
  const why = picked.length > MOST_PATHS ? t("atMostPaths", { n: number(MOST_PATHS) }) : "";
  return html`<section class="bulk" aria-label=${t("chosenFiles")}>
    <span>${why || t("nSelected", { n: number(picked.length) })}</span>
    <span class="bulk-acts">
      <button class="btn" type="button" aria-disabled=${why ? "true" : undefined} title=${why || undefined} onClick=${() => why || restore()}>
        <${Icon} name="history" />${t("restore")} …
      </button>
      <button class="btn icon" type="button" aria-label=${t("clear")} title=${t("clear")} onClick=${none}><${Icon} name="x" /></button>
    </span>
  </section>`;
}
