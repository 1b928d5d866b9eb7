// The title of the window and its picture: they tell of a crash, also while the tab is behind others.
import { effect, signal } from "../lib/base.js";
import { awaySince } from "../lib/api.js";
import { servers } from "../lib/store.js";
import { t } from "../lib/text.js";

const name = signal(null);
export const setTitle = (title) => (name.value = title);

/** How many servers are down against everybody's will. */
export const inRed = () =>
  [...(servers.value?.values() ?? [])].filter(({ status }) => ["crashed", "failed"].includes(status))
    .length;

effect(() => {
  const red = inRed();
  const mark = awaySince.value !== null ? `(${t("awayShort")}) ` : red ? `(${red}) ` : "";
  document.title = `${mark}${name.value ? `${name.value} · ` : ""}gamepanel`;
  const icon = document.querySelector('link[rel="icon"]');
  const wanted = red ? "/panel/icon-red.svg" : "/panel/icon.svg";
  if (icon.getAttribute("href") !== wanted) icon.setAttribute("href", wanted);
});
