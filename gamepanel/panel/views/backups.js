// The backups of a server: how many and how large, which are kept, and what can be done with each.
import { html, useState } from "../lib/base.js";
import { awaySince, call, daemonNow } from "../lib/api.js";
import { askMake, askRestore, itemsOf, nameOf } from "../lib/backupdeeds.js";
import { knowsSameDisk, setKnowsSameDisk } from "../lib/device.js";
import { insideOf, pathOf } from "../lib/paths.js";
import { route } from "../lib/route.js";
import { may, me, useAnswer } from "../lib/store.js";
import { ago, bytes, count, moment, number, t } from "../lib/text.js";
import { Inside } from "./backupinside.js";
import { Empty } from "./empty.js";
import { Ask, refusalText } from "./fileask.js";
import { Jobs } from "./files.js";
import { Icon } from "./icon.js";
import { Menu } from "./menu.js";
import { Problem } from "./problem.js";

/** So many rows are shown before somebody asks for more. */
const PAGE = 50;

export default function Backups({ id, status }) {
  const [, , , , wanted] = route.value.path.split("/");
  const [tries, again] = useState(0);
  // A job that begins or ends, whoever wanted it, may have changed them.
  const [answer, refusal] = useAnswer((abort) => call("backup_list", { server: id }, abort), [id, status?.job, tries]);
  const look = () => again((n) => n + 1);
  const backups = answer?.backups;
  if (!backups || !status) return html`<p class="muted">${refusal ? refusalText(refusal) : t("loading")}</p>`;
  if (!wanted) return html`<${List} ...${{ id, status, backups, look }} />`;
  const backup = backups.find((each) => String(each.backup) === wanted);
  const path = pathOf(route.value.path, 5);
  return backup
    ? html`<${Inside} key=${`${wanted}/${path}`} ...${{ id, status, backup, path, look }} />`
    : html`<${Empty} icon="archive" title=${t("code.no_such_backup")}><a class="btn" href=${`#/server/${id}/backups`}>${t("toBackups")}</a><//>`;
}

/** What asks about backups and does things with them: the question that is open, what failed, `ask`, `act`. */
export function useDeeds(status, look) {
  const [question, ask] = useState(null);
  const [error, setError] = useState(null);
  const act = async (work) => {
    try {
      await work();
      setError(null);
      look();
    } catch (failure) {
      setError(failure);
    }
  };
  const close = () => {
    ask(null);
    look();
  };
  const part = html`<${Problem} text=${error && refusalText(error)} />${question && html`<${Ask} ...${question(status)} close=${close} />`}`;
  // A state takes what it is given for a way to the next one where that is a function.
  return [part, (next) => ask(() => next), act];
}

function List({ id, status, backups, look }) {
  const [part, ask, act] = useDeeds(status, look);
  const [rows, setRows] = useState(PAGE);
  return html`<${Summary} ...${{ id, status, backups, ask }} />
    ${me.value.admin && !knowsSameDisk.value && html`<${SameDisk} />`}
    <${Jobs} ...${{ id, status, look }} />
    ${part}
    ${!backups.length && html`<${Empty} icon="archive" title=${t("noBackups")} text=${t("noBackupsHow")} />`}
    ${
      backups.length > 0 &&
      html`<div class="table-wrap">
        <table class="plain backups">
          <caption class="sr">${t("backups")}</caption>
          <thead>
            <tr>
              <th scope="col">${t("when")}</th>
              <th scope="col" class="num">${t("size")}</th>
              <th scope="col" class="num hide-s">${t("files")}</th>
              <th scope="col" class="hide-s">${t("version")}</th>
              <th scope="col" class="hide-s">${t("byWhom")}</th>
              <th scope="col">${t("note")}</th>
              <th scope="col"><span class="sr">${t("actions")}</span></th>
            </tr>
          </thead>
          <tbody>
            ${backups.slice(0, rows).map((backup) => html`<${Row} key=${backup.backup} ...${{ id, backup, ask, act }} />`)}
          </tbody>
        </table>
      </div>`
    }
    ${backups.length > rows && html`<p class="more"><button class="btn" type="button" onClick=${() => setRows(rows + PAGE)}>${t("showMore")}</button></p>`}`;
}

/** Says, until an admin closes it on this device, that one disk has the games and their backups. */
function SameDisk() {
  const [host] = useAnswer((abort) => call("host_status", {}, abort), []);
  return (
    host?.backupsOnSameDisk &&
    html`<section class="notice warn" aria-label=${t("sameDisk")}>
      <span><${Icon} name="hard-drive" /></span>
      <div><b>${t("sameDisk")}</b><p>${t("sameDiskAbout")}</p></div>
      <div class="notice-acts"><button class="btn" type="button" onClick=${() => setKnowsSameDisk(true)}>${t("close")}</button></div>
    </section>`
  );
}

/** Which backups the rules keep, as one sentence. */
function rulesText(values) {
  const rules = ["Last", "Daily", "Weekly"].filter((name) => values[`backupKeep${name}`] > 0);
  return rules.map((name) => count(`rule.${name}`, values[`backupKeep${name}`])).join(", ") || t("rule.none");
}

function Summary({ id, status, backups, ask }) {
  const maySet = may(id, "settings");
  const [answer] = useAnswer((abort) => maySet && call("server_settings", { server: id }, abort), [id, maySet]);
  const values = answer && Object.fromEntries(answer.settings.map(({ name, value }) => [name, value]));
  const sum = t("nTogether", { n: count("nBackups", backups.length), size: bytes(backups.reduce((total, { size }) => total + size, 0)) });
  const limit = values?.backupLimit ? ` ${t("ofLimit", { limit: bytes(values.backupLimit * 2 ** 20) })}` : "";
  const why = awaySince.value !== null ? t("awayWait") : status.job !== null ? t("code.job_running") : "";
  return html`<div class="summary">
    <div>
      <span class="k">${t("lastBackup")}</span>
      <b title=${backups.length ? moment(backups[0].at) : undefined}>${backups.length ? ago(backups[0].at, daemonNow()) : t("never")}</b>
    </div>
    <div><span class="k">${t("keptBackups")}</span><b>${sum}${limit}</b></div>
    <div class="grow">
      ${values && html`<span class="k">${t("rules")}</span><span>${rulesText(values)} · <a href=${`#/server/${id}/settings`}>${t("changeRules")}</a></span>`}
    </div>
    <button
      class="btn primary"
      type="button"
      aria-disabled=${why ? "true" : undefined}
      title=${why || undefined}
      onClick=${() => why || ask(() => askMake(id))}
    >
      <${Icon} name="archive" />${t("backUpNow")} …
    </button>
  </div>`;
}

const Mark = ({ css = "", icon, text, title }) => html`<span class=${`mk ${css}`} title=${title}><${Icon} name=${icon} />${text}</span>`;

/** What there is to know of a backup beside its numbers. */
export const Marks = ({ backup: { note, locked, complete, changed, quiesced, checkedAt, damaged } }) =>
  html`<span class="marks">
    ${note && html`<span>${note}</span>`} ${damaged && html`<${Mark} css="bad" icon="circle-alert" text=${t("isDamaged")} />`}
    ${!complete && html`<${Mark} css="warn" icon="triangle-alert" text=${changed.length ? count("nIncomplete", changed.length) : t("isIncomplete")} title=${changed.join("\n")} />`}
    ${quiesced === false && html`<${Mark} css="warn" icon="triangle-alert" text=${t("notQuiesced")} title=${t("notQuiescedAbout")} />`}
    ${checkedAt !== null && !damaged && html`<${Mark} css="good" icon="circle-check" text=${t("isChecked")} title=${moment(checkedAt)} />`}
    ${locked && html`<${Mark} icon="lock" text=${t("isLocked")} />`}
  </span>`;

const None = () => html`<span class="none" role="img" aria-label=${t("none")}>–</span>`;

function Row({ id, backup, ask, act }) {
  const { at, size, files, version, by } = backup;
  const when = nameOf(backup);
  return html`<tr>
    <th scope="row" title=${moment(at)}><a href=${insideOf(id, backup.backup, "")}>${when}</a></th>
    <td class="num">${bytes(size)}</td>
    <td class="num hide-s">${number(files)}</td>
    <td class="hide-s">${version ?? html`<${None} />`}</td>
    <td class="hide-s">${by}</td>
    <td><${Marks} backup=${backup} /></td>
    <td class="acts">
      <span class="hide-s">
        <button class="btn small" type="button" aria-label=${t("restoreOf", { when })} onClick=${() => ask((status) => askRestore(backup, status))}>${t("restore")} …</button>
      </span>
      <${Menu} label=${t("moreFor", { id: when })} items=${itemsOf(backup, ask, act)} />
    </td>
  </tr>`;
}
