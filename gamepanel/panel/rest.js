// The script of all pages but the list of servers and a server's console; see docs/explanation/page.md.
import "./app.js";
export { default as Account } from "./views/account.js";
export { default as Activity } from "./views/activity.js";
export { default as Audit } from "./views/audit.js";
export { default as Create } from "./views/create.js";
export { titleOf } from "./views/form.js";
export { default as Happened } from "./views/happened.js";
export { default as Host } from "./views/host.js";
export { default as People } from "./views/people.js";
export { default as Players } from "./views/players.js";
export { default as Schedules } from "./views/schedules.js";
export { default as Settings } from "./views/settings.js";
