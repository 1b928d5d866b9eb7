// One file: a text to edit, a larger one to read, a picture, or what can only be downloaded.
import { html, useEffect, useMemo, useRef, useState } from "../lib/base.js";
import { Away, awaySince, call, repeat, token } from "../lib/api.js";
import { download } from "../lib/filedeeds.js";
import { useKeys } from "../lib/keys.js";
import { say, useSaid } from "../lib/live.js";
import { hrefOf, nameOf, parentOf, pictureType } from "../lib/paths.js";
import { go } from "../lib/route.js";
import { Drafts } from "../lib/session.js";
import { useAnswer } from "../lib/store.js";
import { bytes, explain, number, t } from "../lib/text.js";
import { ENCODINGS, ENDS, fromBase64, fromBytes, markOf, textOfPart, toBase64, toBytes, Unencodable } from "../lib/textfile.js";
import { isUploading } from "../lib/uploads.js";
import { Crumbs } from "./crumbs.js";
import { Empty } from "./empty.js";
import { Ask } from "./fileask.js";
import { Icon } from "./icon.js";
import { editor, Lazy } from "./lazy.js";
import { Problem } from "./problem.js";

/** What is larger is only read, in parts of this size. */
const MOST = 1024 * 1024;
const PICTURE = 8 * 1024 * 1024;
/** Between two looks whether a file has changed. */
const LOOK_MS = 5000;

// What was typed and not saved stays, whatever happens to the page around it: `{doc, file}` by server and path.
const drafts = new Drafts();
/** Those that there are: closing the window would lose them. */
const unsaved = new Set();

addEventListener("beforeunload", (event) => {
  if (unsaved.size || isUploading()) event.preventDefault();
});
token.subscribe((value) => value || unsaved.clear());

const ask = (id, path, offset, limit, abort) => call("file_read", { server: id, path, offset, limit, encoding: "base64" }, abort);

export function OpenFile({ id, path, line }) {
  const [answer, refusal] = useAnswer((abort) => ask(id, path, 0, 1, abort), []);
  const isPicture = pictureType(nameOf(path)) !== undefined;
  const [isDraft] = useState(drafts.has(`${id}/${path}`));
  useEffect(() => {
    // It was found by its name.
    if (refusal?.code === "not_a_file") go(hrefOf(id, path).slice(1));
  }, [refusal]);
  if (isDraft) return html`<${Editor} ...${{ id, path, line }} />`;
  if (!answer) return html`<${Bar} ...${{ id, path }} />${refusal ? html`<${Problem} text=${explain(refusal)} />` : html`<p class="muted">${t("loading")}</p>`}`;
  if (isPicture && answer.size <= PICTURE) return html`<${Picture} ...${{ id, path }} />`;
  if (isPicture) return html`<${Opaque} ...${{ id, path }} text=${t("pictureTooLarge", { most: bytes(PICTURE) })} />`;
  return answer.size > MOST ? html`<${Parts} ...${{ id, path }} />` : html`<${Editor} ...${{ id, path, line }} />`;
}

/** Above a file: where it is, and what can be done with it. */
function Bar({ id, path, note, children }) {
  const [error, setError] = useState(null);
  const entry = { name: nameOf(path), kind: "file" };
  const save = () => download(id, parentOf(path), [entry]).then(() => setError(null), setError);
  return html`<div class="file-bar">
      <${Crumbs} ...${{ id, path }} />
      ${note}
      <span class="file-acts">
        ${children}
        <button class="btn icon" type="button" aria-label=${t("download")} title=${t("download")} onClick=${save}><${Icon} name="download" /></button>
        <a class="btn" href=${hrefOf(id, parentOf(path))}>${t("close")}</a>
      </span>
    </div>
    <${Problem} text=${explain(error)} />`;
}

/** What is no text that can be shown. */
const Opaque = ({ id, path, text }) => html`<${Bar} ...${{ id, path }} /><${Empty} icon="file" title=${nameOf(path)} text=${text} />`;

/** A picture; it never becomes a page: an image runs nothing. */
function Picture({ id, path }) {
  const [url, setUrl] = useState(null);
  const [isBroken, setBroken] = useState(false);
  useEffect(() => {
    const stop = new AbortController();
    let made = null;
    const look = async () => {
      const headers = token.value ? { Authorization: `Bearer ${token.value}` } : {};
      const address = `/file_download?${new URLSearchParams({ server: id, path })}`;
      let data;
      try {
        const answer = await fetch(address, { headers, signal: stop.signal, cache: "no-store" });
        if (!answer.ok) return setBroken(true);
        data = await answer.arrayBuffer();
      } catch {
        throw new Away();
      }
      made = URL.createObjectURL(new Blob([data], { type: pictureType(nameOf(path)) }));
      if (!stop.signal.aborted) setUrl(made);
      return undefined;
    };
    repeat(look, null, stop.signal);
    return () => {
      stop.abort();
      URL.revokeObjectURL(made);
    };
  }, []);
  if (isBroken) return html`<${Opaque} ...${{ id, path }} text=${t("pictureBroken")} />`;
  return html`<${Bar} ...${{ id, path }} />${
    url ? html`<p class="picture"><img src=${url} alt=${nameOf(path)} onError=${() => setBroken(true)} /></p>` : html`<p class="muted">${t("loading")}</p>`
  }`;
}

/** A file that is too large to be edited, part by part. */
function Parts({ id, path }) {
  const [offset, setOffset] = useState(0);
  const [answer, refusal] = useAnswer((abort) => ask(id, path, offset, MOST, abort), [offset]);
  // How it begins says what all of it is.
  const mark = useRef([]);
  const isHere = answer?.offset === offset;
  const text = useMemo(() => {
    if (!isHere) return null;
    const part = fromBase64(answer.data);
    if (offset === 0) mark.current = markOf(part);
    return textOfPart(part, mark.current);
  }, [answer, isHere]);
  const part = (to, text) =>
    html`<button class="btn" type="button" aria-disabled=${to < 0 || to >= (answer?.size ?? 0) ? "true" : undefined} onClick=${() => to >= 0 && to < (answer?.size ?? 0) && setOffset(to)}>
      ${t(text)}
    </button>`;
  const note = html`<span class="muted">${t("onlyRead", { most: bytes(MOST) })}</span>`;
  return html`<${Bar} ...${{ id, path, note }}>${part(offset - MOST, "partBefore")} ${part(offset + MOST, "partNext")}<//>
    <${Problem} text=${explain(refusal)} />
    ${isHere && text === null && html`<p class="muted">${t("isNoText")}</p>`}
    ${text !== null && html`<${Lazy} key=${offset} script=${editor} part="Code" label=${nameOf(path)} name="" text=${text} isReadOnly=${true} />`}
    ${isHere && html`<div class="code-foot"><span>${t("partOf", { from: bytes(offset), to: bytes(Math.min(offset + MOST, answer.size)), size: bytes(answer.size) })}</span></div>`}`;
}

/** A file as it is now: what `fromBytes` finds, with its revision and size; `text` is null where it can't be edited any more. */
async function load(id, path, abort) {
  const { data, size, revision } = await ask(id, path, 0, MOST, abort);
  const found = size > MOST ? null : fromBytes(fromBase64(data));
  return { ...(found ?? { text: null, isExact: false }), size, revision };
}

/** Follows a file; `meet` is given what it is now when that is another than before, null when it has gone. */
function useChanges(id, path, file, meet) {
  const now = useRef(null);
  now.current = meet;
  // What was told already, and of which file.
  const met = useRef({});
  const look = async (abort) => {
    const before = file.current;
    let found = null;
    try {
      const { revision } = await ask(id, path, 0, 1, abort);
      const isTold = revision === met.current.revision && before === met.current.file;
      if (revision === before?.revision || isTold) return;
      found = await load(id, path, abort);
    } catch (error) {
      if (!["no_such_file", "not_a_file", "not_a_directory"].includes(error.code)) throw error;
    }
    // An answer that was asked for before the file was saved knows nothing of that.
    if (abort?.aborted || file.current !== before) return;
    met.current = { revision: found?.revision, file: before };
    now.current(found);
  };
  useEffect(() => {
    const stop = new AbortController();
    repeat(() => look(stop.signal), LOOK_MS, stop.signal);
    return () => stop.abort();
  }, []);
  return look;
}

function Editor({ id, path, line }) {
  const key = `${id}/${path}`;
  const draft = drafts.get(key);
  if (draft) unsaved.add(key);
  const isHere = useRef(true);
  useEffect(() => () => (isHere.current = false), []);
  // What it was when somebody began to change it: what is compared, and what is to be replaced.
  const file = useRef(draft?.file ?? null);
  const code = useRef(null);
  const [, redraw] = useState(0);
  const [place, setPlace] = useState({ line, column: 1 });
  // What has become of it meanwhile: a file, or null when it has gone; undefined where it is as it was.
  const [theirs, setTheirs] = useState(undefined);
  const [isCompared, compare] = useState(false);
  const [question, setQuestion] = useState(null);
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);

  const text = () => code.current?.doc().toString() ?? drafts.get(key)?.doc.toString() ?? file.current.text;
  const isDirty = drafts.has(key);
  const forget = () => {
    drafts.delete(key);
    unsaved.delete(key);
  };
  const keep = (doc) => {
    if (doc.toString() === file.current.text) forget();
    else {
      drafts.set(key, { doc, file: file.current });
      unsaved.add(key);
    }
    redraw((n) => n + 1);
  };
  /** It is so now, and what is typed is compared with that. */
  const take = (next) => {
    file.current = next;
    setTheirs(undefined);
    compare(false);
    setError(null);
    if (code.current) keep(code.current.doc());
    redraw((n) => n + 1);
  };
  const show = (next) => {
    code.current?.put(next.text);
    take(next);
  };
  const meet = (found) => {
    if (!file.current) {
      if (found) take(found);
      else setTheirs(null);
      return;
    }
    // Nobody has changed what it says, or both have done the same.
    if (found?.isExact && [file.current.text, text()].includes(found.text)) take(found);
    else if (found?.text != null && !drafts.has(key)) {
      show(found);
      say(t("loadedAgain"));
    } else setTheirs(found);
  };
  const look = useChanges(id, path, file, meet);

  /** Write what is typed in the place of `revision`, null where nothing is to be there. */
  async function write(revision, form = file.current) {
    const mine = text();
    const data = toBytes(mine, form);
    const saved = await call("file_write", { server: id, path, data: toBase64(data), encoding: "base64", revision });
    // More may have been typed meanwhile, also by one who has left and come back.
    if (isHere.current) take({ ...form, text: mine, isExact: true, ...saved });
    else if (drafts.get(key)?.doc.toString() === mine) forget();
    say(t("saved"));
  }
  async function save(form) {
    if (!isDirty || busy || awaySince.value !== null) return;
    if (theirs !== undefined || !file.current.isExact) return;
    setBusy(true);
    try {
      await write(file.current.revision, form);
    } catch (failure) {
      setError(failure);
      // Its answer may have been lost, or somebody was faster.
      if (!(failure instanceof Unencodable)) await look().catch(() => {});
    } finally {
      setBusy(false);
    }
  }
  useKeys((event) => {
    if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey) || document.querySelector("dialog")) return;
    event.preventDefault();
    save();
  });

  if (!file.current) return html`<${Bar} ...${{ id, path }} />${theirs === null ? html`<${Problem} text=${t("fileGone")} />` : html`<p class="muted">${t("loading")}</p>`}`;
  const { encoding, mark, end, size, isExact } = file.current;
  if (file.current.text === null) return html`<${Opaque} ...${{ id, path }} text=${t("isNoText")} />`;
  const isReadOnly = !isExact;
  const drop = () => {
    forget();
    if (theirs?.text != null) show(theirs);
    else code.current?.put(file.current.text);
    redraw((n) => n + 1);
  };
  // The other version is the one that was there when somebody was asked about it.
  const questions = (other) => ({
    drop: { title: t("dropTyped"), about: t("dropTypedAbout"), verb: t("drop"), isDanger: true, act: async () => drop() },
    theirs: { title: t("loadTheirs"), about: t("dropTypedAbout"), verb: t("loadTheirs"), isDanger: true, act: async () => show(other) },
    mine: { title: t("saveMine"), about: t("saveMineAbout"), verb: t("saveMine"), isDanger: true, act: () => write(other.revision) },
    back: { title: t("saveBack"), about: t("saveBackAbout"), verb: t("saveBack"), act: () => write(null) },
  });
  const askAbout = (name) => setQuestion(questions(theirs)[name]);
  const note = isDirty && html`<span class="unsaved"><span class="dot"></span>${t("notSaved")}</span>`;
  const areBoth = isCompared && theirs?.text != null;
  const cant = !isDirty ? t("nothingChanged") : theirs !== undefined ? t("theirsFirst") : "";
  return html`<${Bar} ...${{ id, path, note }}>
      <button class="btn icon" type="button" aria-label=${t("editor.Find")} title=${`${t("editor.Find")} (${t("ctrl")} F)`} onClick=${() => code.current?.find()}><${Icon} name="search" /></button>
      ${isDirty && html`<button class="btn" type="button" onClick=${() => askAbout("drop")}>${t("drop")} …</button>`}
      ${
        !isReadOnly &&
        html`<button class=${busy ? "btn primary busy" : "btn primary"} type="button" aria-disabled=${cant ? "true" : undefined} title=${cant || undefined} onClick=${() => save()}>
          ${t("save")} <kbd>${t("ctrl")} S</kbd>
        </button>`
      }
    <//>
    ${theirs !== undefined && html`<${Changed} ...${{ theirs, isCompared, compare, askAbout }} />`}
    ${
      error instanceof Unencodable
        ? html`<div class="up-ask" role="alert">
            <span class="bad-t">${t("notIn", { encoding: ENCODINGS[encoding], characters: error.characters.slice(0, 20).join(" ") })}</span>
            <button class="btn small" type="button" onClick=${() => save({ ...file.current, encoding: "utf-8", mark: [] })}>${t("saveUtf8")}</button>
          </div>`
        : html`<${Problem} text=${theirs === undefined ? explain(error) : ""} />`
    }
    ${isReadOnly && html`<p class="muted">${t("notExact")}</p>`}
    <div class=${areBoth ? "both" : undefined}>
      <div>
        ${areBoth && html`<h2>${t("mine")}</h2>`}
        <${Lazy}
          key=${String(isReadOnly)}
          script=${editor}
          part="Code"
          label=${nameOf(path)}
          name=${nameOf(path)}
          text=${draft?.doc ?? file.current.text}
          ...${{ line, isReadOnly }}
          handle=${code}
          tell=${(doc, where, isTyped) => {
            setPlace(where);
            if (isTyped) keep(doc);
          }}
        />
      </div>
      ${
        areBoth &&
        html`<div>
          <h2>${t("theirs")}</h2>
          <${Lazy} key=${theirs.revision} script=${editor} part="Code" label=${t("theirs")} name=${nameOf(path)} text=${theirs.text} isReadOnly=${true} />
        </div>`
      }
    </div>
    <div class="code-foot">
      <span>${t("atLine", { line: number(place.line), column: number(place.column) })}</span>
      <span>${ENCODINGS[encoding]}${mark.length && encoding === "utf-8" ? ` ${t("withMark")}` : ""}, ${ENDS[end] ?? t("endsDiffer")}</span>
      <span class="hide-s">${bytes(size)}</span>
    </div>
    ${question && html`<${Ask} ...${question} close=${() => setQuestion(null)} />`}`;
}

/** The file is another by now, or gone: what was typed is kept, and a person says what is to become of it. */
function Changed({ theirs, isCompared, compare, askAbout }) {
  const title = theirs === null ? t("fileGone") : theirs.text === null ? t("noTextNow") : t("fileChanged");
  const button = (text, deed, isPressed) => html`<button class="btn" type="button" aria-pressed=${isPressed} onClick=${deed}>${text}</button>`;
  useSaid(title);
  return html`<section class="notice warn" aria-label=${t("changedMeanwhile")}>
    <span><${Icon} name="git-compare-arrows" /></span>
    <div><b>${title}</b><p>${t(theirs === null ? "fileGoneAbout" : "fileChangedAbout")}</p></div>
    <div class="notice-acts">
      ${
        theirs === null
          ? button(`${t("saveBack")} …`, () => askAbout("back"))
          : html`${theirs.text !== null && button(t("compare"), () => compare(!isCompared), String(isCompared))}
              ${theirs.text !== null && button(`${t("loadTheirs")} …`, () => askAbout("theirs"))} ${button(`${t("saveMine")} …`, () => askAbout("mine"))}`
      }
    </div>
  </section>`;
}
