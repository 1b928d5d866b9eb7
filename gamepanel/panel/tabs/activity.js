// What happened to a server, and what it used meanwhile.
import { html } from "../lib/base.js";
import { Events } from "../views/activity.js";
import { History } from "../views/history.js";
import { register } from "../views/tabs.js";

const View = ({ id, status }) =>
  html`${status ? html`<${History} status=${status} />` : html`<div class="graphs waiting"></div>`}<${Events} key=${id} server=${id} />`;

register({ name: "activity", order: 20, icon: "activity", view: View });
