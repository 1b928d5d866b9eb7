// The script of a server's files; see docs/explanation/page.md.
import "./app.js";
export { default as Files } from "./views/files.js";
