// What is chosen on this device, for whoever uses it: how it looks, what is pinned and folded.
import { effect, signal } from "./base.js";
import { keep, kept } from "./storage.js";

function remembered(name, otherwise) {
  const key = `gamepanel.device.${name}`;
  const value = signal(kept("localStorage", key) ?? otherwise);
  addEventListener("storage", (event) => {
    if (event.key === key) value.value = kept("localStorage", key) ?? otherwise;
  });
  return [value, (next) => keep("localStorage", key, (value.value = next))];
}

/** "dark", "light", or "" as the system has it. */
export const [theme, setTheme] = remembered("theme", "");
export const [pins, setPins] = remembered("pins", []);
/** Whether the browser tells of crashes. */
export const [tells, setTells] = remembered("tells", false);
/** What is folded away, by name. */
export const [folded, setFolded] = remembered("folded", []);
/** Whether it was read that backups lie on the disk of the games. */
export const [knowsSameDisk, setKnowsSameDisk] = remembered("sameDisk", false);
/** How consoles are shown. */
export const [wraps, setWraps] = remembered("wraps", true);
export const [stamps, setStamps] = remembered("stamps", false);
/** Whether keys of one letter do something. */
export const [letters, setLetters] = remembered("letters", true);

const toggled = (list, name) =>
  list.includes(name) ? list.filter((each) => each !== name) : [...list, name];
export const togglePin = (id) => setPins(toggled(pins.value, id));
export const toggleFold = (name) => setFolded(toggled(folded.value, name));

effect(() => {
  if (theme.value) document.documentElement.dataset.theme = theme.value;
  else delete document.documentElement.dataset.theme;
});

const system = matchMedia("(prefers-color-scheme: dark)");
const isSystemDark = signal(system.matches);
system.addEventListener("change", () => (isSystemDark.value = system.matches));
export const isDark = () => (theme.value ? theme.value === "dark" : isSystemDark.value);
export const turnTheme = () => setTheme(isDark() ? "light" : "dark");
