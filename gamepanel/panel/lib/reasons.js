// Why a server does not run, in words: how it ended, how often, and what comes next.
import { daemonNow } from "./api.js";
import { ago, bytes, count, duration, isText, t, told } from "./text.js";

/** Ends that the page has shorter words for, by their causes. */
const KINDS = {
  ended_unready: "endedEarly",
  ended_by_itself: "ended",
  stopped_on_request: "stoppedOnRequest",
  host_restarted: "hostRestarted",
};

/** Of a run that the kernel has ended, how much memory was too much; null of others. */
function memoryOf({ cause }) {
  const how = cause?.values.exit;
  return how?.code === "out_of_memory" ? how.values.limit : null;
}

/** Of a reason that quotes a game the first line says what has happened. */
export const firstLine = (text) => text.split("\n")[0].replace(/:$/, "");

/** What the game said last, line by line; nothing where the reason quotes nothing. */
export const lastLines = (text) => text.split("\n").slice(1).join("\n");

/** The exit as people look for it: "139 (SEGV)". */
export function codeText({ code, signal }) {
  if (code === null) return t("codeUnknown");
  return signal ? `${code} (${signal})` : String(code);
}

/** How the last run ended, as a sentence that stands by itself. */
export function exitSentence(exit) {
  const memory = memoryOf(exit);
  const name = memory ? "it.memory" : `it.${KINDS[exit.cause?.code]}`;
  if (!isText(name)) return exitText(exit);
  const { code, signal } = exit;
  const how = code === null ? t("codeUnknown") : t(signal ? "signalIs" : "codeIs", { code, signal });
  return t(name, { code: how, n: memory && bytes(memory) });
}

/** How the last run ended. */
export function exitText(exit) {
  const kind = KINDS[exit.cause?.code];
  const memory = memoryOf(exit);
  if (memory) return t("exit.memory", { code: codeText(exit), n: bytes(memory) });
  if (kind === "stoppedOnRequest" || kind === "hostRestarted") return t(`exit.${kind}`);
  if (kind) return t(`exit.${kind}`, { code: codeText(exit) });
  return firstLine(told(exit.reason, exit.cause));
}

/** After how many ends in how many seconds it was given up; null where that is not why. */
function gaveUpAfter({ cause }) {
  return cause?.code === "ended_too_often" ? { n: cause.values.count, seconds: cause.values.window } : null;
}

/** How it came to an end and what came of that, as a heading; `down` says what and when. */
export function downText(down, status) {
  const last = gaveUpAfter(status.restarts);
  if (!last) return [down, restartText(status)].filter(Boolean).join(" · ");
  return t("downGivenUp", { down, crashes: count("crashes", last.n), within: duration(last.seconds) });
}

/** How often it has crashed and what comes of it; "" where there is nothing to tell. */
export function restartText({ status, restarts }) {
  const { count: crashes, window, nextAt, givenUp, cause } = restarts;
  const parts = [];
  // What was counted when it was given up: later, fewer of them count.
  const last = gaveUpAfter(restarts);
  const [n, within] = last ? [last.n, last.seconds] : [crashes, window];
  if (n) parts.push(t("crashesWithin", { crashes: count("crashes", n), within: duration(within) }));
  if (status === "waiting" && nextAt) {
    parts.push(t("nextTry", { n: duration(nextAt - daemonNow()) }));
  }
  if (givenUp) parts.push(last ? t("givenUp") : told(givenUp, cause));
  return parts.join(", ");
}

/** Where there is little room, why an install has failed stands before where it did. */
function restExit(exit) {
  const outer = exit.cause?.code === "installation_failed" ? exit.cause.values.why : null;
  // Around it may be what that has left.
  const step = outer?.code === "step_failed" ? outer : outer?.values?.why;
  if (step?.code !== "step_failed") return exitText(exit);
  const { name, why } = step.values;
  const short = step === outer ? why : { ...outer, values: { why } };
  // In English it stands at the end of the sentence.
  const end = exit.reason.indexOf(": ", exit.reason.indexOf(`(${name})`)) + 2;
  return t("installFailed", { why: firstLine(told(exit.reason.slice(end), short.code ? short : null)) });
}

/** The one sentence that stands in a list in place of numbers; null while it runs. */
export function restText(status) {
  const { status: state, exit } = status;
  if (["running", "starting", "stopping"].includes(state)) return null;
  if (state === "installing") return t("installingNow");
  if (status.needsInstall && state === "stopped") return t("code.not_installed");
  if (!exit) return t("neverStarted");
  const when = ago(exit.at, daemonNow());
  if (state === "stopped") return `${exitText(exit)} · ${when}`;
  return [restExit(exit), when, restartText(status)].filter(Boolean).join(" · ");
}
