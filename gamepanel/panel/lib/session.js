// Leaving: what a person has typed here is forgotten with their session.
import { call, setToken, token } from "./api.js";
import { forgetAll } from "./storage.js";
import { me } from "./store.js";

/** The key of what the browser keeps for the person who is logged in. */
export const ownKey = (name) => `gamepanel.of/${me.value?.username}/${name}`;

/** Drafts: what was put in and not sent stays, whatever happens to the page around it. */
const all = new Set();

/** Drafts of one kind, each for the person whose it is; gone when that person logs out. */
export class Drafts {
  #kept = new Map();

  constructor() {
    all.add(this);
  }

  get(name, otherwise) {
    return this.#kept.get(ownKey(name)) ?? otherwise;
  }

  set(name, value) {
    this.#kept.set(ownKey(name), value);
  }

  delete(name) {
    this.#kept.delete(ownKey(name));
  }

  has(name) {
    return this.#kept.has(ownKey(name));
  }

  clear() {
    this.#kept.clear();
  }
}

export function leave() {
  const ended = token.value;
  forgetAll("localStorage", ownKey(""));
  all.forEach((drafts) => drafts.clear());
  // Whatever the daemon says of it, we forget the token.
  setToken(null, false);
  call("logout", {}, null, ended).catch(() => {});
}
