// What a schedule does, one step after the other, as a form.
import { html, useLayoutEffect, useRef } from "../lib/base.js";
import { KINDS, mayStep, newStep } from "../lib/schedules.js";
import { config } from "../lib/store.js";
import { t } from "../lib/text.js";
import { secondsOf } from "../lib/when.js";
import { Check, Text, Wrong } from "./field.js";
import { Select } from "./filters.js";
import { Icon } from "./icon.js";
import { Menu } from "./menu.js";

const ICONS = { countdown: "hourglass", command: "terminal", power: "rotate-cw", backup: "archive", update: "download", wait: "clock" };
const POWER = ["restart", "stop", "start", "kill"];
/** Fields of each kind of step that stand by themselves, with the names of their labels. */
const FIELDS = {
  countdown: { countdown: "countdownAt", command: "countdownSays" },
  command: { command: "command" },
  backup: { backup: "note" },
  wait: { wait: "howLong" },
};

export function Steps({ id, status, draft: { steps }, edit, wrong }) {
  const list = useRef(null);
  // Where the focus goes after a step was moved or removed, since what had it may be another step by now.
  const wanted = useRef(null);
  useLayoutEffect(() => {
    if (wanted.current) (list.current.querySelector(wanted.current) ?? list.current).focus();
    wanted.current = null;
  }, [steps]);
  const put = (next, focus) => {
    wanted.current = focus;
    edit({ steps: next });
  };
  const move = (n, by) => put(steps.with(n, steps[n + by]).with(n + by, steps[n]), `[data-step="${n + by}"][data-by="${by}"]`);
  const remove = (n) => put(steps.toSpliced(n, 1), `[data-step="${Math.min(n, steps.length - 2)}"][data-by="0"]`);
  const isThere = { backup: config.value.features.includes("backups"), command: status.console !== "none", countdown: status.console !== "none" };
  const items = KINDS.filter((kind) => isThere[kind] !== false && mayStep(id, kind)).map((kind) => ({
    icon: ICONS[kind],
    text: t(`addStep.${kind}`),
    act: () => edit({ steps: [...steps, newStep(kind)] }),
  }));
  return html`<fieldset>
    <legend>${t("then")}</legend>
    <ol class="steps" ref=${list} tabindex="-1">
      ${steps.map((step, n) => html`<${Step} key=${n} ...${{ step, n, wrong, move, remove }} isLast=${n === steps.length - 1} change=${(values) => edit({ steps: steps.with(n, { ...step, ...values }) })} />`)}
    </ol>
    <${Wrong} problem=${wrong("/steps", Object.keys(steps))} />
    <${Menu} label=${t("addStep")} css="btn" side="left" items=${items}><${Icon} name="plus" />${t("addStep")}<//>
  </fieldset>`;
}

function Step({ step, n, isLast, change, move, remove, wrong }) {
  const fields = FIELDS[step.kind] ?? {};
  const at = (name) => `step-${n}-${name}`;
  const button = (name, icon, by, isOff, act) =>
    html`<button class="btn icon" type="button" data-step=${n} data-by=${by} aria-label=${t(name, { n: n + 1 })} title=${t(name, { n: n + 1 })} aria-disabled=${isOff ? "true" : undefined} onClick=${() => isOff || act()}><${Icon} name=${icon} /></button>`;
  return html`<li>
    <span class="step-n">${n + 1}</span><${Icon} name=${ICONS[step.kind]} />
    <b>${t(`addStep.${step.kind}`)}</b>
    <div class="step-b">
      ${step.kind === "power" && html`<${Select} label=${t("power")} value=${step.power} choices=${POWER.map((name) => [name, t(name)])} change=${(power) => change({ power })} />`}
      ${Object.entries(fields).map(
        ([name, label]) =>
          html`<${Text} key=${name} id=${at(name)} label=${t(label)} value=${step[name]} problem=${wrong(`/steps/${n}/${name}`)} hint=${hintOf(step, name)} change=${(value) => change({ [name]: value })} class=${name === "command" ? "in mono" : "in"} autocomplete="off" autocapitalize="none" spellcheck=${false} />`,
      )}
      <${Wrong} problem=${wrong(`/steps/${n}`, Object.keys(fields))} />
      <${Check} id=${at("always")} label=${t("alwaysStep")} checked=${step.always} change=${(always) => change({ always })} />
    </div>
    <span class="step-a">
      ${button("stepUp", "chevron-up", -1, n === 0, () => move(n, -1))} ${button("stepDown", "chevron-down", 1, isLast, () => move(n, 1))}
      ${button("stepAway", "x", 0, false, () => remove(n))}
    </span>
  </li>`;
}

/** What the daemon puts for {time}: it speaks English. */
function timeOf(seconds) {
  const [unit, size] = [["hour", 3600], ["minute", 60]].find(([, size]) => seconds % size === 0) ?? ["", 1];
  const n = seconds / size;
  return unit ? `${n} ${unit}${n > 1 ? "s" : ""}` : `${seconds} seconds`;
}

function hintOf({ kind, countdown, command }, name) {
  if (name === "wait") return t("spanHint");
  if (name === "countdown") return t("countdownHint");
  if (kind !== "countdown" || name !== "command") return "";
  const first = secondsOf(countdown.split(",")[0]);
  return t("gameReads", { line: command.replaceAll("{time}", timeOf(first)).replaceAll("{seconds}", first) });
}
