// Every tab that there is; a new one is a file beside these, and a line here.
import "./activity.js";
import "./backups.js";
import "./console.js";
import "./files.js";
import "./players.js";
import "./schedules.js";
import "./settings.js";
