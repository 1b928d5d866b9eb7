// The script of the editor; see docs/explanation/page.md.
import "./app.js";
export { default as Code } from "./views/code.js";
