// The script of a server's page; see docs/explanation/page.md.
import "./app.js";
export { Job } from "./views/job.js";
export { default as Server } from "./views/server.js";
export { default as Update } from "./views/update.js";
