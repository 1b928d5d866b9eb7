// Why a server does not run, in words: how it ended, how often, and what comes next.
import { daemonNow } from "./api.js";
import { ago, bytes, count, duration, isText, t, told } from "./text.js";

const MIB = 1024 * 1024;
/** Ended by the kernel, which says how much was too much. */
const MEMORY = /out of memory: it used more than its limit of (\d+) MiB/;

/** Of an install of several steps. */
const STEP = /^The installation has failed: Install step \d+ of \d+ \(.+?\) has failed: ([^]+)$/;

const PREFIXES = [
  [/^ended before it was ready, /, "endedEarly"],
  [/^ended by itself, /, "ended"],
  [/^stopped on request/, "stoppedOnRequest"],
  [/^the host restarted$/, "hostRestarted"],
];

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
  const [, kind] = PREFIXES.find(([pattern]) => pattern.test(exit.reason)) ?? [];
  const memory = MEMORY.exec(exit.reason);
  const name = memory ? "it.memory" : `it.${kind}`;
  if (!isText(name)) return exitText(exit);
  const { code, signal } = exit;
  const how = code === null ? t("codeUnknown") : t(signal ? "signalIs" : "codeIs", { code, signal });
  return t(name, { code: how, n: memory && bytes(memory[1] * MIB) });
}

/** How the last run ended. */
export function exitText(exit) {
  const [, kind] = PREFIXES.find(([pattern]) => pattern.test(exit.reason)) ?? [];
  const memory = MEMORY.exec(exit.reason);
  if (memory) return t("exit.memory", { code: codeText(exit), n: bytes(memory[1] * MIB) });
  if (kind === "stoppedOnRequest" || kind === "hostRestarted") return t(`exit.${kind}`);
  if (kind) return t(`exit.${kind}`, { code: codeText(exit) });
  return told(firstLine(exit.reason));
}

const UNITS = { second: 1, minute: 60, hour: 3600 };

/** "it ended 5 times within 10 minutes", as a number and seconds; null where it says something else. */
export function gaveUpAfter(reason) {
  const match = /^it ended (?:once|(\d+) times) within (\S+) (second|minute|hour)s?$/.exec(reason);
  return match && { n: Number(match[1] ?? 1), seconds: match[2] * UNITS[match[3]] };
}

/** How it came to an end and what came of that, as a heading; `down` says what and when. */
export function downText(down, status) {
  const last = status.restarts.givenUp ? gaveUpAfter(status.restarts.givenUp) : null;
  if (!last) return [down, restartText(status)].filter(Boolean).join(" · ");
  return t("downGivenUp", { down, crashes: count("crashes", last.n), within: duration(last.seconds) });
}

/** How often it has crashed and what comes of it; "" where there is nothing to tell. */
export function restartText({ status, restarts: { count: crashes, window, nextAt, givenUp } }) {
  const parts = [];
  // What was counted when it was given up: later, fewer of them count.
  const last = givenUp ? gaveUpAfter(givenUp) : null;
  const [n, within] = last ? [last.n, last.seconds] : [crashes, window];
  if (n) parts.push(t("crashesWithin", { crashes: count("crashes", n), within: duration(within) }));
  if (status === "waiting" && nextAt) {
    parts.push(t("nextTry", { n: duration(nextAt - daemonNow()) }));
  }
  if (givenUp === "it is set never to be restarted") parts.push(t("neverRestarted"));
  else if (givenUp) parts.push(last ? t("givenUp") : told(givenUp));
  return parts.join(", ");
}

/** Where there is little room, why an install has failed stands before where it did. */
function restExit(exit) {
  const [, why] = STEP.exec(exit.reason) ?? [];
  return why ? t("installFailed", { why: told(firstLine(why)) }) : exitText(exit);
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
