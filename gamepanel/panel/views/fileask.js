// Questions about files and backups: each says what is done, and stays until that is done or left.
import { html, useState } from "../lib/base.js";
import { awaySince } from "../lib/api.js";
import { explain, t } from "../lib/text.js";
import { wrongText } from "../lib/wrong.js";
import { useBackupFirst } from "./backupfirst.js";
import { Dialog } from "./dialog.js";
import { Check, Text } from "./field.js";
import { Problem } from "./problem.js";

/** What is refused, in words; of a field that does not fit, why. */
export const refusalText = (error) => (error?.problems?.[0] ? wrongText(error.problems[0]) : error?.code ? explain(error) : error?.message || explain(error));

/**
 * `{title, about, fields, verb, isDanger, why, first, act}`: `fields` are `{name, label, value, hint}`, a box to
 * tick where the value is true or false; `act` is given what stands in them, by name, and `replace` where
 * somebody wants that, which can be said once something of that name was found to be there, or with
 * `canReplace` "always" at once. With `why` it can't be done now; `first` is what `useBackupFirst` wants.
 */
export function Ask({ title, about, fields = [], verb, isDanger, canReplace, why = "", first = [], act, close }) {
  const [values, setValues] = useState(() => Object.fromEntries(fields.map(({ name, value = "" }) => [name, value])));
  const [error, setError] = useState(null);
  const [isTaken, setTaken] = useState(canReplace === "always");
  const [replace, setReplace] = useState(false);
  const [busy, setBusy] = useState(false);
  const [backup, afterBackup] = useBackupFirst(...first);
  async function go(event) {
    event.preventDefault();
    if (busy || why || awaySince.value !== null) return;
    setBusy(true);
    try {
      await afterBackup(() => act({ ...values, ...(replace && { replace }) }));
      close();
    } catch (failure) {
      setError(failure);
      setTaken(isTaken || (canReplace && failure.code === "file_exists"));
      setBusy(false);
    }
  }
  // All of a name but its ending: that mostly stays.
  const select = ({ target }) => target.setSelectionRange(0, target.value.lastIndexOf(".") > 0 ? target.value.lastIndexOf(".") : target.value.length);
  return html`<${Dialog} title=${title} close=${close}>
    ${about && html`<p>${about}</p>`}
    <form onSubmit=${go} noValidate>
      <div class="dialog-fields">
        ${fields.map(
          ({ name, label, hint }) => {
            const own = { key: name, id: `ask-${name}`, label, hint, change: (value) => setValues({ ...values, [name]: value }) };
            if (typeof values[name] === "boolean") return html`<${Check} ...${own} checked=${values[name]} />`;
            return html`<${Text} ...${own} value=${values[name]} onFocus=${select} autocomplete="off" autocapitalize="none" spellcheck=${false} />`;
          },
        )}
        ${isTaken && html`<${Check} id="ask-replace" label=${t("replaceIt")} checked=${replace} change=${setReplace} />`}
        ${backup}
      </div>
      ${why && html`<p>${why}</p>`}
      <${Problem} text=${error && refusalText(error)} />
      <div class="dialog-acts">
        <button type="button" class="btn" onClick=${close}>${t("cancel")}</button>
        <button
          type="submit"
          class=${`btn ${isDanger ? "danger-fill" : "primary"} ${busy ? "busy" : ""}`}
          aria-disabled=${why ? "true" : undefined}
          title=${why || undefined}
        >
          ${verb}
        </button>
      </div>
    </form>
  <//>`;
}
