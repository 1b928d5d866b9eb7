// What has happened: a bounded list of it, and in words. All of it is text from elsewhere.
import { uncoded } from "./quake.js";
import { bytes, duration, isText, shortMoment, t, told } from "./text.js";

/** Events that are asked for at a time. */
export const PAGE = 50;
/** Events that are kept, of those that are shown and of those that wait to be. */
export const MOST = 1000;
/** Of a reason that quotes a whole log this much is shown, in characters. */
const LONGEST = 500;

/** Events, newest first; new ones wait while somebody reads, so that nothing moves. */
export class Happenings {
  shown = [];
  fresh = [];
  /** The last number that was looked at; null before the first answer. */
  newest = null;
  isAll = false;

  /** Take in what was answered; with `isHeld` without showing it yet. */
  take({ events, newest }, isHeld) {
    if (this.newest === null || newest < this.newest) {
      // The first answer, or another store than before.
      this.shown = events.toReversed();
      this.fresh = [];
      this.isAll = events.length < PAGE;
    } else {
      this.fresh = [...events.toReversed(), ...this.fresh].slice(0, MOST);
      if (!isHeld) this.show();
    }
    this.newest = newest;
  }

  /** Show what has waited. */
  show() {
    this.shown = [...this.fresh, ...this.shown].slice(0, MOST);
    this.fresh = [];
  }

  get isFull() {
    return this.shown.length >= MOST;
  }

  /** Bring older ones; `read(after, limit)` answers as `event_list` does. */
  async bringOlder(read) {
    const last = this.shown.at(-1);
    const [older, isAll] = await readOlder(read, last?.event ?? this.newest + 1, PAGE);
    // They must still be the next ones: others may have come meanwhile and these have gone.
    if (this.shown.at(-1) !== last) return;
    this.isAll = isAll;
    this.shown = [...this.shown, ...older].slice(0, MOST);
  }
}

/**
 * Events with numbers below one, newest first, at least `wanted` unless there are no more;
 * and whether those are all. The API goes upwards only, so we ask by windows of numbers:
 * wider ones where little has happened, narrower ones where more fits in than one answer.
 */
export async function readOlder(read, below, wanted) {
  const found = [];
  let width = wanted;
  while (below > 1 && found.length < wanted) {
    const after = Math.max(below - 1 - width, 0);
    const { events } = await read(after, wanted);
    const inside = events.filter(({ event }) => event < below);
    const last = events.at(-1)?.event ?? below;
    if (events.length >= wanted && last < below - 1 && width > wanted) {
      width = Math.max(Math.floor(width / 4), wanted);
      continue;
    }
    found.push(...inside.toReversed());
    below = after + 1;
    width *= 4;
  }
  return [found, below <= 1];
}

/** What one can choose to see alone. */
export const KINDS = {
  power: ["starting", "ready", "stopping", "stopped"],
  crashes: ["crashed", "failed", "waiting", "given_up", "hung", "responding", "out_of_memory"],
  players: ["player_joined", "player_left", "emptied", "dropped"],
  chat: ["chat"],
  jobs: ["job_done", "job_failed", "job_cancelled", "update_available"],
};

/** How a kind looks: an icon or the shape of a state, and whether it is good, bad or doubtful. */
const LOOKS = {
  ready: { state: "running", tone: "good" },
  starting: { state: "starting", tone: "warn" },
  stopping: { state: "stopping", tone: "warn" },
  stopped: { state: "stopped" },
  waiting: { state: "waiting", tone: "warn" },
  crashed: { state: "crashed", tone: "bad" },
  given_up: { state: "crashed", tone: "bad" },
  failed: { state: "failed", tone: "bad" },
  changed: { icon: "settings" },
  hung: { state: "hung", tone: "bad" },
  responding: { state: "running", tone: "good" },
  out_of_memory: { icon: "memory-stick", tone: "bad" },
  player_joined: { icon: "user" },
  player_left: { icon: "log-out" },
  emptied: { icon: "users" },
  chat: { icon: "message-square" },
  job_done: { icon: "circle-check", tone: "good" },
  job_failed: { icon: "circle-x", tone: "bad" },
  job_cancelled: { icon: "x" },
  disk_limit: { icon: "hard-drive", tone: "bad" },
  disk_low: { icon: "hard-drive", tone: "bad" },
  disk_fine: { icon: "hard-drive", tone: "good" },
  schedule_ran: { icon: "calendar-clock" },
  schedule_failed: { icon: "calendar-clock", tone: "bad" },
  update_available: { icon: "arrow-up" },
};

/** Their sentences begin with the name of a player. */
const OF_PLAYERS = ["player_joined", "player_left", "chat"];

const word = (value) => {
  if (typeof value === "number") return String(value);
  return typeof value === "string" ? value.slice(0, LONGEST) : "";
};
const words = (values) => word((Array.isArray(values) ? values : []).map(word).join(", "));
const figure = (say) => (value) => (typeof value === "number" ? say(value) : "?");
const size = figure(bytes);
const time = figure(duration);

function byWhom(by) {
  const schedule = /^schedule:(\d+)$/.exec(by);
  if (schedule) return t("bySchedule", { n: schedule[1] });
  return t("by", { who: word(by) });
}

/** What is filled into the sentence of a kind, where that is not the data as it is. */
const VALUES = {
  waiting: ({ nextAt }) => ({ at: figure(shortMoment)(nextAt) }),
  hung: ({ seconds }) => ({ n: time(seconds) }),
  responding: ({ seconds }) => ({ n: time(seconds) }),
  job_done: jobName,
  job_failed: jobName,
  job_cancelled: jobName,
  disk_low: ({ free }) => ({ n: size(free) }),
  disk_fine: ({ free }) => ({ n: size(free) }),
};

function jobName({ kind, job }) {
  return { name: isText(`job.${kind}`) ? t(`job.${kind}`) : word(kind), n: word(job) };
}

function look(kind) {
  const { tone = "", ...picture } = LOOKS[kind] ?? { icon: "info" };
  return { picture, tone };
}

/** What more there is to say. */
const MORE = {
  created: ({ type }) => word(type),
  destroyed: ({ type }) => word(type),
  changed: ({ settings }) => words(settings),
  out_of_memory: ({ limit }) => (limit ? t("limitOf", { n: size(limit) }) : ""),
  job_failed: ({ error, cause }) => word(told(word(error), cause)),
  disk_limit: ({ used, limit }) => t("usedOf", { used: size(used), limit: size(limit) }),
  schedule_failed: ({ error, cause }) => word(told(word(error), cause)),
  update_available: ({ installed }) => t("isInstalled", { installed: word(installed) }),
  daemon_started: aboutDaemon,
  daemon_stopping: aboutDaemon,
};

function aboutDaemon({ version, servers }) {
  return t("daemonAbout", { version: word(version), n: word(servers) });
}

/**
 * An event in words: `{text, who, more, picture, tone}`, of which the picture is `{icon}` or
 * `{state}`, and the text begins with `who`, a player, where it tells of one.
 * A kind that is not known is told by its word. With the type of its server, names in it have no
 * codes of colours.
 */
export function describe({ kind, data }, type = "") {
  const name = `event.${kind}`;
  const plain = Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, uncoded(word(value), type)]),
  );
  const said = t(name, { ...plain, ...(VALUES[kind]?.(data) ?? {}) });
  const isKnown = said !== name;
  const more = [data.by && byWhom(data.by), MORE[kind]?.(data), isKnown && word(told(word(data.reason), data.reason && data.cause))];
  return {
    text: isKnown ? said : kind,
    who: OF_PLAYERS.includes(kind) && said.startsWith(plain.name) ? plain.name : "",
    more: more.filter(Boolean).join(" · "),
    ...look(kind),
  };
}
