// The tabs of a server's page. Each is one file in tabs/ that registers itself here.
import { me, servers } from "../lib/store.js";

const all = [];

/**
 * Add a tab: `{name, order, icon, rights, fits, view, count}`. `name` is its word in the address and in
 * the texts; whoever has one of `rights` on a server sees it (all who see the server, where it
 * names none), unless `fits(status)` says that it has no sense there; `view` is a component that is given the `status`; `count(status)`, where there is
 * one, is the number beside its name.
 */
export function register(tab) {
  all.push(tab);
  all.sort((a, b) => a.order - b.order);
}

const mayAny = (id, rights) =>
  !rights || me.value.admin || rights.some((right) => me.value.servers[id]?.includes(right));

/** Those that one may see of a server, in their order. */
export function tabsOf(id) {
  const status = servers.value?.get(id);
  // Before the status is known they stand where they will stand: most servers have each of them.
  return all.filter(({ rights, fits }) => mayAny(id, rights) && (!fits || !status || fits(status)));
}

export const tabNamed = (name) => all.find((tab) => tab.name === name);

/** Whether one may see this tab of a server. */
export const mayTab = (id, { rights }) => mayAny(id, rights);
