// All words of this language.
import backups from "./backups.js";
import errors from "./errors.js";
import events from "./events.js";
import files from "./files.js";
import forms from "./forms.js";
import page from "./page.js";
import schedules from "./schedules.js";
import server from "./server.js";

/** Titles of shipped types whose games have no name: they stand where types.js is not loaded. */
export const titles = {
  "Any program": "Beliebiges Programm",
  "Luanti with a game from ContentDB": "Luanti mit einem Spiel von ContentDB",
  "OpenTTD (its own build)": "OpenTTD (eigener Bau)",
  "Minecraft: Java Edition (vanilla)": "Minecraft: Java Edition (unverändert)",
};
export { default as causes } from "./causes.js";
export default { ...page, ...server, ...files, ...backups, ...schedules, ...forms, ...events, ...errors };
