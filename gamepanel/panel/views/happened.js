// What happened to a server, and what it used meanwhile.
import { html } from "../lib/base.js";
import { Events } from "./activity.js";
import { History } from "./history.js";

export default ({ id, status }) =>
  html`${status ? html`<${History} status=${status} />` : html`<div class="graphs waiting"></div>`}<${Events} key=${id} server=${id} />`;
