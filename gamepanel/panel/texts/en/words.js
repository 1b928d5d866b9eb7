// All words of this language.
import errors from "./errors.js";
import events from "./events.js";
import forms from "./forms.js";
import page from "./page.js";
import server from "./server.js";

export { default as sentences } from "./said.js";
export default { ...page, ...server, ...forms, ...events, ...errors };
