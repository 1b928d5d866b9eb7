// What a server may use, as lines in graphs.
import { bytes, number, percent, t } from "../lib/text.js";

/** The lines that should not be crossed, by field. */
export function limitsOf({ limits, players }) {
  const { memoryBytes, cpuPercent } = limits ?? {};
  const line = (value, say) => (value ? { value, text: t("limitIs", { n: say(value) }) } : null);
  const slots = players?.max;
  return {
    cpuPercent: line(cpuPercent, percent),
    memoryBytes: line(memoryBytes, bytes),
    players: slots ? { value: slots, text: t("slots", { n: number(slots) }) } : null,
  };
}
