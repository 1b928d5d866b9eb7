// Where players reach a server: the name by which this page was reached, and the port of the game.
import { html } from "../lib/base.js";
import { Copy } from "./copy.js";

/** The port for players; null where a type has none. */
export const portOf = ({ ports }) => ports?.[0]?.port ?? null;

export const addressOf = (status) => `${location.hostname}:${portOf(status)}`;

export const Address = ({ status }) =>
  portOf(status) === null
    ? html`<span class="none" aria-hidden="true">–</span>`
    : html`<span
          ><span class="host">${location.hostname}</span>:<b>${portOf(status)}</b></span
        ><${Copy} text=${addressOf(status)} />`;
