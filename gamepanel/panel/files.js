// The script of a server's files and backups; see docs/explanation/page.md.
import "./app.js";
export { default as Backups } from "./views/backups.js";
export { default as Files } from "./views/files.js";
export { default as LostBackups } from "./views/lostbackups.js";
