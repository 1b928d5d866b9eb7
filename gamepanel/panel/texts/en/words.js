// All words of this language.
import backups from "./backups.js";
import errors from "./errors.js";
import events from "./events.js";
import files from "./files.js";
import forms from "./forms.js";
import page from "./page.js";
import schedules from "./schedules.js";
import server from "./server.js";

/** What the daemon and type files say is English already. */
export const causes = {};
export const titles = {};
export default { ...page, ...server, ...files, ...backups, ...schedules, ...forms, ...events, ...errors };
