// What a server's restart policy has done and will do.
import { daemonNow } from "../lib/api.js";
import { duration, t } from "../lib/text.js";

/** It in words, or nothing when there is nothing to tell. */
export function restartText({ status, restarts: { count, window, nextAt, givenUp } }) {
  const parts = [];
  const within = duration(window ?? 0);
  if (count === 1) parts.push(t("crashesOnce", { within }));
  else if (count) parts.push(t("crashes", { n: count, within }));
  if (status === "waiting" && nextAt) {
    parts.push(t("nextTry", { n: duration(nextAt - daemonNow()) }));
  }
  if (givenUp) parts.push(t("givenUp"));
  return parts.join(", ");
}
