// The script of what several pages have and is rarely wanted; see docs/explanation/page.md.
import "./app.js";
export { followHours } from "./lib/hours.js";
export { default as Bulk } from "./views/bulk.js";
export { default as KeysDialog } from "./views/keys.js";
export { default as Palette } from "./views/palette.js";
