// The files of a server: a folder with what is in it, what is uploaded, searching; a file opens in its own view.
import { html, signal, useEffect, useMemo, useRef, useState } from "../lib/base.js";
import { call, repeat, token } from "../lib/api.js";
import { fromDrop, fromField } from "../lib/dropped.js";
import { askDelete, askFetch, askFile, askFolder, askMove, askPack, begun, download, itemsOf, mayDownload, setBegun } from "../lib/filedeeds.js";
import { say } from "../lib/live.js";
import { hrefOf, isArchive, join, pathOf, pictureType } from "../lib/paths.js";
import { route, setQuery } from "../lib/route.js";
import { bytes, count, moment, number, shortMoment, t, told } from "../lib/text.js";
import { arrivals, upload } from "../lib/uploads.js";
import { Crumbs } from "./crumbs.js";
import { Empty } from "./empty.js";
import { Ask, refusalText } from "./fileask.js";
import { OpenFile } from "./filetext.js";
import { Found } from "./filesearch.js";
import { SearchField } from "./filters.js";
import { Icon } from "./icon.js";
import { Lazy, server as serverScript } from "./lazy.js";
import { Menu } from "./menu.js";
import { Problem } from "./problem.js";
import { Uploads } from "./uploads.js";

/** Entries in one answer. */
const CHUNK = 1000;
/** So many are asked for at once; of a larger folder the rest comes when somebody wants it, by name only. */
const MOST = 10_000;
/** So many rows are shown before somebody asks for more. */
const PAGE = 200;
/** What has come meanwhile is looked for at most so often. */
const LOOK_MS = 1000;

/** What went wrong with a job, by server; it stays until somebody has read it. */
const troubles = signal(new Map());
token.subscribe((value) => value || (troubles.value = new Map()));

export default function Files({ id, status }) {
  const path = pathOf(route.value.path);
  const { open } = route.value.query;
  if (open) return html`<${OpenFile} key=${`${id}/${path}`} ...${{ id, path, line: Number(open) || 1 }} />`;
  return html`<${Folder} key=${`${id}/${path}`} ...${{ id, path, status }} />`;
}

/**
 * What is in a folder, as the endpoint `name` tells of it: `{entries, more, hidden}`; what is refused;
 * asking again, and for more. What is in a backup never changes: that is asked for once.
 */
export function useEntries(name, about, path) {
  const [known, setKnown] = useState(null);
  const [refusal, setRefusal] = useState(null);
  const [tries, again] = useState(0);
  const [most, setMost] = useState(MOST);
  const isFixed = about.backup !== undefined;
  useEffect(() => {
    const stop = new AbortController();
    const look = async () => {
      const found = [];
      let hidden = 0;
      let more = true;
      try {
        while (more && found.length < most) {
          const after = found.at(-1)?.name;
          const answer = await call(name, { ...about, path, after, limit: CHUNK }, stop.signal);
          found.push(...answer.entries);
          ({ more } = answer);
          hidden = Math.max(hidden, answer.hidden);
          const isFirst = found.length === answer.entries.length;
          if (isFirst) setKnown((last) => last ?? { entries: [...found], more, hidden });
        }
        setKnown({ entries: found, more, hidden });
        setRefusal(null);
      } catch (error) {
        if (error.code) setRefusal(error);
        if (!error.code || !isFixed) throw error;
      }
    };
    repeat(look, null, stop.signal);
    return () => stop.abort();
  }, [about.server, about.backup, path, tries, most]);
  const look = () => again((n) => n + 1);
  useEffect(() => {
    const seen = () => document.hidden || isFixed || look();
    document.addEventListener("visibilitychange", seen);
    return () => document.removeEventListener("visibilitychange", seen);
  }, []);
  const came = arrivals.value;
  useEffect(() => {
    if (!came || isFixed) return undefined;
    const timer = setTimeout(look, LOOK_MS);
    return () => clearTimeout(timer);
  }, [came]);
  return [known, refusal, look, () => setMost(most + MOST)];
}

/** Whether there is more than is sorted: that comes by name, and so it stays. */
export const isTooLarge = (known) => known !== null && (known.more || known.entries.length > MOST);

const byName = new Intl.Collator(undefined, { numeric: true }).compare;
const isFolder = ({ kind }) => kind === "directory";
const ORDERS = {
  name: (a, b) => byName(a.name, b.name),
  size: (a, b) => a.size - b.size || byName(a.name, b.name),
  changed: (a, b) => a.modifiedAt - b.modifiedAt || byName(a.name, b.name),
};

/** Folders first; `order` is a name of those above, with "-" before it from the end. */
export function sorted(entries, order) {
  const compare = ORDERS[order.replace("-", "")] ?? ORDERS.name;
  const sign = order.startsWith("-") ? -1 : 1;
  return [...entries].sort((a, b) => isFolder(b) - isFolder(a) || sign * compare(a, b));
}

function Folder({ id, path, status }) {
  const [known, refusal, look, more] = useEntries("file_list", { server: id }, path);
  const { q = "", sort = "name", find = "" } = route.value.query;
  const [chosen, choose] = useState(new Set());
  const [rows, setRows] = useState(PAGE);
  const [question, ask] = useState(null);
  const [error, setError] = useState(null);
  const folder = useRef(null);
  const act = async (work) => {
    try {
      await work();
      setError(null);
      look();
    } catch (failure) {
      setError(failure);
    }
  };
  const isLarge = isTooLarge(known);
  const found = useMemo(() => {
    const wanted = q.toLowerCase();
    const fitting = (known?.entries ?? []).filter(({ name }) => name.toLowerCase().includes(wanted));
    return isLarge ? fitting : sorted(fitting, sort);
  }, [known, q, sort]);
  const picked = found.filter(({ name }) => chosen.has(name));
  const row = (entry) => {
    const own = join(path, entry.name);
    const href = isFolder(entry) ? hrefOf(id, own) : entry.kind === "file" ? hrefOf(id, own, "?open=1") : null;
    return html`<${Row} key=${entry.name} ...${{ entry, href, chosen, choose }} items=${itemsOf(id, path, entry, ask, act)} />`;
  };
  const all = useMemo(() => found.slice(0, rows).map(row), [found, rows, chosen]);
  const send = (things) => {
    if (things.length) upload(id, path, things);
  };
  const close = () => {
    ask(null);
    look();
  };
  return html`<${Drop} ...${{ send, fail: setError }}>
    <div class="file-bar">
      <${Crumbs} ...${{ id, path }} />
      <span class="muted hide-s">${known && count(known.more ? "nEntriesMore" : "nEntries", known.entries.length)}</span>
      <span class="file-acts">
        <${SearchField} label=${t("filterFiles")} placeholder=${t("filter")} value=${q} change=${(text) => setQuery({ q: text, find: "" })} enter=${() => setQuery({ find: q && "names" })} />
        <${Menu} label=${t("new")} css="btn" items=${newItems(id, path, ask, folder)}><${Icon} name="file" />${t("new")}<//>
        <${UploadButton} ...${{ send, folder }} />
      </span>
    </div>
    ${q && html`<${Deeper} find=${find} />`}
    <${Jobs} ...${{ id, status, look }} />
    <${Uploads} id=${id} />
    <${Problem} text=${error ? refusalText(error) : refusal && refusalText(refusal)} />
    ${find && q && html`<${Found} key=${`${find} ${q}`} ...${{ id, path, find, text: q }} />`}
    ${!known && !refusal && html`<p class="muted">${t("loading")}</p>`}
    ${known && !known.entries.length && html`<${Empty} icon="folder" title=${t("emptyFolder")} text=${t("emptyFolderHow")} />`}
    ${known && known.entries.length > 0 && !found.length && html`<p class="more">${t("noFileFits", { text: q })}</p>`}
    ${found.length > 0 && html`<${Table} ...${{ isLarge, sort, found, picked, choose }} rows=${all} />`}
    ${found.length > rows && html`<p class="more"><button class="btn" onClick=${() => setRows(rows + PAGE)}>${t("showMore")}</button></p>`}
    ${found.length <= rows && known?.more && html`<p class="more"><button class="btn" onClick=${more}>${t("loadMore")}</button></p>`}
    ${known?.hidden > 0 && html`<p class="muted">${count("nHidden", known.hidden)}</p>`}
    ${isLarge && html`<p class="muted">${t("largeFolder", { n: number(MOST) })}</p>`}
    ${picked.length > 0 && html`<${Picked} ...${{ id, path, picked, ask, act }} none=${() => choose(new Set())} />`}
    ${question && html`<${Ask} ...${question} close=${close} />`}
  <//>`;
}

const newItems = (id, path, ask, folder) => [
  { icon: "file", text: `${t("newFile")} …`, act: () => ask(askFile(id, path)) },
  { icon: "folder-plus", text: `${t("newFolder")} …`, act: () => ask(askFolder(id, path)) },
  { icon: "globe", text: `${t("fromAddress")} …`, act: () => ask(askFetch(id, path)) },
  "-",
  { icon: "folder-up", text: `${t("uploadFolder")} …`, act: () => folder.current.click() },
];

/** Takes what is dropped on it. */
function Drop({ send, fail, children }) {
  const [isOver, setOver] = useState(false);
  const depth = useRef(0);
  const move = (by) => {
    depth.current = Math.max(depth.current + by, 0);
    setOver(depth.current > 0);
  };
  const isFiles = ({ dataTransfer }) => [...dataTransfer.types].includes("Files");
  const drop = async (event) => {
    if (!isFiles(event)) return;
    event.preventDefault();
    depth.current = 0;
    setOver(false);
    try {
      send(await fromDrop(event.dataTransfer));
    } catch {
      fail(new Error(t("uploadUnreadable")));
    }
  };
  return html`<div
    class=${isOver ? "drop over" : "drop"}
    onDragEnter=${(event) => isFiles(event) && move(1)}
    onDragLeave=${(event) => isFiles(event) && move(-1)}
    onDragOver=${(event) => isFiles(event) && event.preventDefault()}
    onDrop=${drop}
  >
    ${children}
  </div>`;
}

/** A button for files; `folder` is a field for folders that a menu opens. */
function UploadButton({ send, folder }) {
  const files = useRef(null);
  const came = ({ target }) => {
    send(fromField(target.files));
    target.value = "";
  };
  return html`<button class="btn primary" type="button" onClick=${() => files.current.click()}><${Icon} name="upload" />${t("upload")}</button>
    <input type="file" hidden multiple ref=${files} onChange=${came} aria-label=${t("upload")} />
    <input type="file" hidden webkitdirectory ref=${folder} onChange=${came} aria-label=${t("uploadFolder")} />`;
}

/** Where else what is typed can be searched. */
function Deeper({ find }) {
  const choice = (name, text) =>
    html`<button class="chip" type="button" aria-pressed=${String(find === name)} onClick=${() => setQuery({ find: find === name ? "" : name })}>${t(text)}</button>`;
  return html`<div class="chips find-in" role="group" aria-label=${t("searchBelow")}>${choice("names", "searchNames")} ${choice("content", "searchText")}</div>`;
}

/** The job of the server as it goes on, and how the last one of these failed. */
export function Jobs({ id, status, look }) {
  const own = begun.value.get(id);
  const job = own?.job ?? status?.job;
  const trouble = troubles.value.get(id);
  const tell = (text) => (troubles.value = new Map(troubles.value).set(id, text));
  const over = async (ended) => {
    if (own?.job === ended.job) setBegun(id, null);
    look();
    if (ended.status === "failed") tell(told(ended.error, ended.cause));
    if (ended.status !== "done" || own?.job !== ended.job) return;
    say(t("jobIsDone"));
    try {
      await own.done?.(ended);
    } catch (error) {
      tell(refusalText(error));
    }
  };
  return html`${job != null && status && html`<${Lazy} key=${job} script=${serverScript} part="Job" ...${{ status, id: job, over }} />`}
    ${
      trouble &&
      html`<section class="notice bad" aria-label=${t("jobFailed")}>
        <span><${Icon} name="circle-alert" /></span>
        <div><b>${t("jobFailed")}</b><p>${trouble}</p></div>
        <div class="notice-acts"><button class="btn" type="button" onClick=${() => tell(null)}>${t("close")}</button></div>
      </section>`
    }`;
}

export function Table({ isLarge, sort, found, picked, choose, rows }) {
  const isAll = picked.length === found.length;
  const [order, isDown] = [sort.replace("-", ""), sort.startsWith("-")];
  const head = (name, text, css) => {
    const isThis = !isLarge && order === name;
    const label = html`${t(text)} ${isThis && html`<${Icon} name=${isDown ? "chevron-down" : "chevron-up"} />`}`;
    const next = isThis && !isDown ? `-${name}` : name;
    return html`<th scope="col" class=${css} aria-sort=${isThis ? (isDown ? "descending" : "ascending") : undefined}>
      ${isLarge ? t(text) : html`<button type="button" onClick=${() => setQuery({ sort: next === "name" ? "" : next })}>${label}</button>`}
    </th>`;
  };
  return html`<div class="table-wrap">
    <table class="plain files">
      <caption class="sr">${t("files")}</caption>
      <thead>
        <tr>
          <td class="c-sel">
            <input
              type="checkbox"
              aria-label=${t("selectAll")}
              checked=${isAll}
              indeterminate=${picked.length > 0 && !isAll}
              onChange=${() => choose(new Set(isAll ? [] : found.map(({ name }) => name)))}
            />
          </td>
          ${head("name", "name")} ${head("size", "size", "num")} ${head("changed", "changedAt", "num hide-s")}
          <th scope="col"><span class="sr">${t("actions")}</span></th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}

function iconOf({ kind, name, executable }) {
  if (kind === "directory") return "folder";
  if (kind === "link") return "external-link";
  if (kind !== "file") return "info";
  if (pictureType(name)) return "image";
  if (isArchive(name)) return "file-archive";
  return executable ? "terminal" : "file-text";
}

export function Row({ entry, href, chosen, choose, items }) {
  const { name, kind, size, modifiedAt, executable } = entry;
  const isChosen = chosen.has(name);
  const turn = () => choose(new Set(isChosen ? [...chosen].filter((each) => each !== name) : [...chosen, name]));
  const isNone = kind !== "file" && !href;
  return html`<tr class=${isChosen ? "here" : undefined}>
    <td class="c-sel"><input type="checkbox" aria-label=${t("select", { id: name })} checked=${isChosen} onChange=${turn} /></td>
    <th scope="row">
      <span class="fn"
        ><${Icon} name=${iconOf(entry)} css=${isFolder(entry) ? "dir" : ""} />${
          href ? html`<a href=${href}>${isFolder(entry) ? `${name}/` : name}</a>` : html`<span class=${isNone ? "muted" : undefined}>${name}</span>`
        }${kind === "file" && executable && html`<span class="tag">${t("isProgram")}</span>`}${isNone && html`<span class="tag">${t(`is.${kind}`)}</span>`}</span
      >
    </th>
    <td class="num">${kind === "file" ? bytes(size) : html`<span class="none" role="img" aria-label=${t("none")}>–</span>`}</td>
    <td class="num hide-s" title=${moment(modifiedAt)}>${shortMoment(modifiedAt)}</td>
    <td class="acts"><${Menu} label=${t("moreFor", { id: name })} items=${items} /></td>
  </tr>`;
}

/** What can be done with all that is chosen. */
function Picked({ id, path, picked, ask, act, none }) {
  const button = (icon, text, deed, css = "btn") =>
    html`<button class=${css} type="button" onClick=${deed}><${Icon} name=${icon} />${t(text)}</button>`;
  return html`<section class="bulk" aria-label=${t("chosenFiles")}>
    <span>${t("nSelected", { n: number(picked.length) })}</span>
    <span class="bulk-acts">
      ${mayDownload(picked) && button("download", "download", () => act(() => download(id, path, picked)))} ${button("folder", "move", () => ask(askMove(id, path, picked)))}
      ${button("file-archive", "pack", () => ask(askPack(id, path, picked)))}
      ${button("trash-2", "deleteIt", () => ask(askDelete(id, path, picked)), "btn danger")}
      <button class="btn icon" type="button" aria-label=${t("clear")} title=${t("clear")} onClick=${none}><${Icon} name="x" /></button>
    </span>
  </section>`;
}
