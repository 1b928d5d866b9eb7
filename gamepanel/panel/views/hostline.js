// How the host does, in a line; more of it is on its own page.
import { html, useEffect, useState } from "../lib/base.js";
import { call, repeat } from "../lib/api.js";
import { me } from "../lib/store.js";
import { bytes, percent, t } from "../lib/text.js";
import { Icon } from "./icon.js";

const LOOK_MS = 10_000;

/** What `host_status` answers, kept fresh; null before, and for whoever is no admin. */
export function useHost() {
  const [status, setStatus] = useState(null);
  const isAdmin = me.value.admin;
  useEffect(() => {
    if (!isAdmin) return undefined;
    const stop = new AbortController();
    repeat(async () => setStatus(await call("host_status", {}, stop.signal)), LOOK_MS, stop.signal);
    return () => stop.abort();
  }, [isAdmin]);
  return status;
}

export function HostLine() {
  const status = useHost();
  if (!me.value.admin) return null;
  const part = (name, value) => html`<span class="hl">${t(name)} <b>${value}</b></span>`;
  const cpu = status?.cpuPercent ?? null;
  return html`<a class="host-line" href="#/host"
    ><${Icon} name="hard-drive" /><span>${t("host")}</span>
    ${part("cpu", cpu === null ? "–" : percent(cpu / status.cores))}
    ${part("memory", status ? percent((100 * status.memoryBytes) / status.memoryTotal) : "–")}
    <span class="hl">${t("disk")} <b>${status ? bytes(status.diskFree) : "–"}</b> ${t("free")}</span
    ><${Icon} name="chevron-right"
  /></a>`;
}
