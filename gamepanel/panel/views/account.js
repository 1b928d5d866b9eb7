// Oneself: what one may do, and one's password.
import { html, useState } from "../lib/base.js";
import { call } from "../lib/api.js";
import { config, me } from "../lib/store.js";
import { explainFields, t } from "../lib/text.js";
import { rightsText } from "./people.js";

export function Account() {
  return html`<h1>${me.value.username}</h1>
    <p>${rightsText(me.value)}</p>
    ${config.value.auth === "password" && html`<${ChangePassword} />`}`;
}

function ChangePassword() {
  const [oldPassword, setOld] = useState("");
  const [password, setPassword] = useState("");
  const [error, setError] = useState(null);
  const [done, setDone] = useState(false);

  async function change(event) {
    event.preventDefault();
    setDone(false);
    setError(null);
    try {
      await call("password_change", { oldPassword, password });
      setOld("");
      setPassword("");
      setDone(true);
    } catch (failure) {
      setError(failure);
    }
  }

  const field = (label, autocomplete, value, set) =>
    html`<label>
      ${label}
      <input
        type="password"
        autocomplete=${autocomplete}
        required
        value=${value}
        onInput=${(event) => set(event.target.value)}
      />
    </label>`;
  return html`<form class="card form" onSubmit=${change}>
    <h2>${t("changePassword")}</h2>
    <input type="hidden" name="username" autocomplete="username" value=${me.value.username} />
    ${field(t("oldPassword"), "current-password", oldPassword, setOld)}
    ${field(t("newPassword"), "new-password", password, setPassword)}
    <button class="primary">${t("save")}</button>
    ${error && html`<p class="error" role="alert">${explainFields(error)}</p>`}
    ${done && html`<p class="good" role="status">${t("passwordChanged")}</p>`}
  </form>`;
}
