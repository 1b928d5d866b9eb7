// What is being uploaded to a server: how far each is, what failed, and what to do where names are taken.
import { html, useRef } from "../lib/base.js";
import { paceOf, timeLeft } from "../lib/pace.js";
import { bytes, count, duration, number, t } from "../lib/text.js";
import { again, cancel, decide, isPending, questions, takenOf, uploads } from "../lib/uploads.js";
import { refusalText } from "./fileask.js";
import { Icon, Shape } from "./icon.js";

/** Of more than so many things only those are shown that are not done, and so many of them. */
const MOST = 100;

const sum = (files, of) => files.reduce((total, each) => total + of(each), 0);
const sizeOf = ({ file }) => file.size;
const sentOf = ({ sent }) => sent;

/** How far all of it is, how fast, and how long still. */
function useProgress(files) {
  const points = useRef([]);
  const now = performance.now() / 1000;
  const [done, total] = [sum(files, sentOf), sum(files, sizeOf)];
  const last = points.current.at(-1);
  if (!last || done < last.done) points.current = [{ at: now, done }];
  else if (now - last.at > 0.2) points.current = [...points.current.slice(-100), { at: now, done }];
  const pace = paceOf(points.current);
  const left = timeLeft(pace, { done, total });
  return [t("doneOf", { done: bytes(done), total: bytes(total) }), pace > 0 && t("perSecond", { n: bytes(pace) }), left !== null && t("timeLeft", { n: duration(left) })]
    .filter(Boolean)
    .join(" · ");
}

export function Uploads({ id }) {
  const all = uploads.value.filter(({ batch }) => batch.server === id);
  return all.length > 0 && html`<${Box} ...${{ id, all }} />`;
}

function Box({ id, all }) {
  const files = all.flatMap((item) => item.files.filter(({ state }) => state !== "skipped"));
  const pending = all.filter(isPending);
  const isGoing = pending.length > 0;
  const progress = useProgress(files);
  const title = isGoing ? count("uploadingN", pending.length) : t("uploads");
  return html`<section class="uploads" aria-label=${t("uploads")}>
    <div class="up-head">
      <h2>${title}</h2>
      ${files.some(({ state }) => state === "sends") && html`<span class="muted">${progress}</span>`}
      <button class="btn small" type="button" onClick=${() => all.forEach(cancel)}>${t(isGoing ? "cancelAll" : "close")}</button>
    </div>
    ${questions(id).map((batch) => html`<${Question} batch=${batch} />`)}
    <ul>
      ${(all.length > MOST ? all.filter((item) => isPending(item) || isBad(item)).slice(0, MOST) : all).map((item) => html`<${Item} key=${item.key} item=${item} />`)}
    </ul>
  </section>`;
}

/** Once for all that was chosen or dropped together. */
function Question({ batch }) {
  const taken = takenOf(batch);
  const choice = (name) => html`<button class="btn small" type="button" onClick=${() => decide(batch, name)}>${t(`taken.${name}`)}</button>`;
  return html`<div class="up-ask" role="group" aria-label=${t("namesTaken")}>
    <span class="bad-t"><${Icon} name="circle-alert" />${taken.length === 1 ? t("nameTaken", { name: taken[0].path }) : t("namesTakenN", { n: number(taken.length), name: taken[0].path })}</span>
    <span class="up-choice">${choice("replace")} ${choice("both")} ${choice("skip")}</span>
  </div>`;
}

const isBad = (item) => Boolean(item.error) || (!isPending(item) && item.files.some(({ state }) => state === "failed"));

/** What is to be said of something beside its name. */
function sayingOf(item) {
  const failed = item.files.filter(({ state }) => state === "failed");
  const error = item.error ?? failed[0]?.error;
  if (error) return refusalText(error);
  if (item.files.some(({ isLate }) => isLate)) return t("uploadAgain");
  if (item.files.some(({ state }) => state === "asks")) return t("isTaken");
  return item.files.length && item.files.every(({ state }) => state === "skipped") ? t("isSkipped") : t("uploadWaits");
}

function Item({ item }) {
  const { name, files } = item;
  const isGoing = files.some(({ state }) => state === "sends");
  const hasFailed = isBad(item);
  const isSkipped = files.length > 0 && files.every(({ state }) => state === "skipped");
  const isDone = !hasFailed && !isSkipped && !isPending(item) && Boolean(item.isReady);
  const [done, total] = [sum(files, sentOf), sum(files, sizeOf)];
  const isMoving = isGoing && !files.some(({ isLate }) => isLate);
  const share = total ? Math.round((100 * done) / total) : 0;
  // What is too large, or can't be read, stays so.
  const mayWork = Boolean(item.error) || files.some(({ state, error }) => state === "failed" && error.code);
  const label = item.isFolder ? `${name}/` : name;
  return html`<li class=${hasFailed ? "bad" : isDone ? "ok" : undefined}>
    ${hasFailed ? html`<${Icon} name="circle-alert" />` : isDone ? html`<${Icon} name="circle-check" />` : html`<${Shape} state=${isGoing ? "starting" : "waiting"} />`}
    <span class="up-name">${label} ${item.isFolder && html`<span class="muted">${count("nFiles", files.length)}</span>`}</span>
    <span class="num muted">${isGoing ? t("doneOf", { done: bytes(done), total: bytes(total) }) : bytes(total)}</span>
    ${
      isMoving
        ? html`<span class="progress" role="progressbar" aria-label=${name} aria-valuenow=${share} aria-valuemin="0" aria-valuemax="100"
            ><span style=${{ width: `${share}%` }}></span
          ></span>`
        : html`<span class=${hasFailed ? "bad-t" : "muted"}>${isDone ? html`<span class="sr">${t("done")}</span>` : sayingOf(item)}</span>`
    }
    <span class="up-choice">
      ${hasFailed && mayWork && html`<button class="btn small" type="button" onClick=${() => again(item)}>${t("tryAgain")}</button>`}
      <button class="btn icon" type="button" aria-label=${t(isPending(item) ? "cancelIt" : "clearIt", { name })} title=${t(isPending(item) ? "cancel" : "clear")} onClick=${() => cancel(item)}><${Icon} name="x" /></button>
    </span>
  </li>`;
}
