// Oneself: how it looks on this device, what one may do, and one's password.
import { html, useRef, useState } from "../lib/base.js";
import { call } from "../lib/api.js";
import { letters, setLetters, setTells, setTheme, tells, theme } from "../lib/device.js";
import { say } from "../lib/live.js";
import { leave } from "../lib/session.js";
import { config, isOpen, me } from "../lib/store.js";
import { explain, language, LANGUAGES, setLanguage, t } from "../lib/text.js";
import { Check, Hidden, Wrong } from "./field.js";
import { Select } from "./filters.js";
import { problemOf, useFirstWrong } from "./form.js";
import { Icon } from "./icon.js";
import { rightsText } from "./people.js";
import { usePolicy } from "./policy.js";
import { Problem } from "./problem.js";

export default function Account() {
  return html`<div class="page-head">
      <h1>${me.value.username}</h1>
      ${
        !isOpen() &&
        html`<div class="page-acts">
          <button class="btn" type="button" onClick=${leave}><${Icon} name="log-out" />${t("logout")}</button>
        </div>`
      }
    </div>
    <${Looks} />
    ${
      !isOpen() &&
      html`<${Set} name="mayDo" about=${t("mayDo.about")}><p class="wide">${rightsText(me.value)}</p><//>`
    }
    ${config.value.auth === "password" && html`<${ChangePassword} />`}`;
}

const Set = ({ name, about, children }) =>
  html`<section class="set" aria-labelledby=${`account-${name}`}>
    <div class="set-head">
      <h2 id=${`account-${name}`}>${t(name)}</h2>
      <p class="muted">${about}</p>
    </div>
    <div class="set-body">${children}</div>
  </section>`;

const THEMES = [
  ["dark", "moon"],
  ["light", "sun"],
  ["", null],
];

function Looks() {
  // The browser asks the person; what they say counts.
  const turn = async (isOn) => {
    const isGranted = isOn && (await globalThis.Notification?.requestPermission()) === "granted";
    setTells(isGranted);
    if (!isOn || isGranted) return;
    document.getElementById("account-tells").checked = false;
    say(t("notAllowedToTell"));
  };
  return html`<${Set} name="looks" about=${t("onThisDevice")}>
    <div class="field">
      <span class="lab" aria-hidden="true">${t("theme")}</span>
      <div class="seg" role="group" aria-label=${t("theme")}>
        ${THEMES.map(
          ([name, icon]) =>
            html`<button key=${name} type="button" aria-pressed=${String(theme.value === name)} onClick=${() => setTheme(name)}>
              ${icon && html`<${Icon} name=${icon} />`}${t(`theme.${name || "system"}`)}
            </button>`,
        )}
      </div>
    </div>
    <div class="field">
      <span class="lab" aria-hidden="true">${t("language")}</span>
      <${Select} label=${t("language")} value=${language} choices=${Object.entries(LANGUAGES)} change=${setLanguage} />
    </div>
    <${Check} id="account-tells" label=${t("tellMe")} checked=${tells.value} hint=${t("tellHint")} change=${turn} />
    <${Check} id="account-letters" label=${t("useLetters")} checked=${letters.value} hint=${t("lettersHint")} change=${setLetters} />
  <//>`;
}

function ChangePassword() {
  const [oldPassword, setOld] = useState("");
  const [password, setPassword] = useState("");
  const [error, setError] = useState(null);
  const [isDone, setDone] = useState(false);
  const form = useRef(null);
  const hint = usePolicy();
  useFirstWrong(form, error);

  async function change(event) {
    event.preventDefault();
    setDone(false);
    setError(null);
    try {
      await call("password_change", { oldPassword, password });
      setOld("");
      setPassword("");
      setDone(true);
      say(t("passwordChanged"));
    } catch (failure) {
      setError(failure);
      say(explain(failure));
    }
  }

  const wrongOld = error?.code === "invalid_credentials" ? t("wrongOld") : undefined;
  const wrong = problemOf(error, "", "password");
  const field = (name, autocomplete, value, set, problem, about) => {
    const id = `account-${name}`;
    return html`<div class=${problem ? "field wrong" : "field"}>
      <label for=${id}>${t(name)}</label>
      <${Hidden}
        ...${{ id, autocomplete, value, required: true }}
        aria-invalid=${problem ? "true" : undefined}
        aria-describedby=${[problem && `${id}-error`, about && `${id}-hint`].filter(Boolean).join(" ") || undefined}
        onInput=${(event) => set(event.target.value)}
      />
      <${Wrong} id=${`${id}-error`} problem=${problem} />
      ${about && html`<p class="hint" id=${`${id}-hint`}>${about}</p>`}
    </div>`;
  };
  // The rule stands within.
  if (hint === null) return null;
  return html`<form ref=${form} onSubmit=${change} noValidate>
    <${Set} name="password" about=${t("passwordAbout")}>
      <input type="hidden" name="username" autocomplete="username" value=${me.value.username} />
      ${field("oldPassword", "current-password", oldPassword, setOld, wrongOld)}
      ${field("newPassword", "new-password", password, setPassword, wrong, hint)}
      ${!wrong && !wrongOld && html`<${Problem} text=${explain(error)} />`}
      ${isDone && html`<p class="good wide">${t("passwordChanged")}</p>`}
      <div class="wide"><button class="btn primary" type="submit">${t("changePassword")}</button></div>
    <//>
  </form>`;
}
