// Logging in, with the work that it costs.
import { html, useEffect, useRef, useState } from "../lib/base.js";
import { call, get, setToken } from "../lib/api.js";
import { config } from "../lib/store.js";
import { explain, t } from "../lib/text.js";

/** Finds proofs in a worker, and begins as soon as it knows for whom. */
class Work {
  #worker = null;
  #info = null;
  #until = 0;
  #name = null;
  result = null;

  constructor(progress) {
    this.progress = progress;
  }

  /** Begin for a user, unless that is under way already. */
  begin(username) {
    if (username === this.#name) return this.result;
    this.stop();
    this.#name = username;
    this.result = this.#find(username);
    // Whoever waits is told; nobody may be waiting yet.
    this.result.catch(() => {});
    return this.result;
  }

  async #find(username) {
    if (!this.#info || Date.now() > this.#until) {
      this.#info = await get("login_info");
      this.#until = Date.now() + (this.#info.expires - 30) * 1000;
    }
    const { token, proofOfWork } = this.#info;
    if (this.#name !== username) throw new Error("given up");
    const worker = (this.#worker = new Worker("/panel/work.js", { type: "module" }));
    return new Promise((resolve) => {
      worker.onmessage = ({ data }) => {
        this.progress(data);
        if (data.proofs) resolve({ token, proofOfWork: data.proofs });
      };
      worker.postMessage({ token, username, ...proofOfWork });
    });
  }

  /** Give up; the next login needs other proofs if `used`. */
  stop(used = false) {
    this.#worker?.terminate();
    this.#worker = this.#name = this.result = null;
    if (used) this.#info = null;
  }
}

export function Login() {
  return config.value.auth === "url" ? html`<${TokenLogin} />` : html`<${PasswordLogin} />`;
}

function PasswordLogin() {
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [stay, setStay] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const [wait, setWait] = useState(0);
  const [progress, setProgress] = useState(null);
  const work = useRef(null);
  work.current ??= new Work(setProgress);
  useEffect(() => () => work.current.stop(), []);
  useEffect(() => {
    const timer = setTimeout(() => username && work.current.begin(username), 400);
    return () => clearTimeout(timer);
  }, [username]);
  useEffect(() => {
    if (!wait) return undefined;
    const timer = setTimeout(() => setWait(wait - 1), 1000);
    return () => clearTimeout(timer);
  }, [wait]);

  async function submit(event) {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const proof = await work.current.begin(username);
      const { accessToken } = await call("login", { username, password, ...proof });
      setToken(accessToken, stay);
    } catch (failure) {
      work.current.stop(Boolean(failure.code));
      setProgress(null);
      setError(failure);
      if (failure.code === "too_many_requests") setWait(Math.ceil(failure.retryAfter ?? 5));
      setBusy(false);
    }
  }

  const isReady = username && password && !busy && !wait;
  return html`<form class="card" onSubmit=${submit}>
    <h1>gamepanel</h1>
    <label>${t("userName")}
      <input name="username" autocomplete="username" autocapitalize="none" spellcheck=${false} required autofocus
        value=${username} onInput=${(e) => setUsername(e.target.value)} />
    </label>
    <label>${t("password")}
      <input name="password" type="password" autocomplete="current-password" required
        value=${password} onInput=${(e) => setPassword(e.target.value)} />
    </label>
    <label class="check"><input type="checkbox" checked=${stay} onChange=${(e) => setStay(e.target.checked)} />${t("stay")}</label>
    <button class="primary" disabled=${!isReady}>${t("login")}</button>
    ${busy && progress && html`<label class="work">${t("working")}
      <progress max=${progress.amount} value=${progress.done}></progress></label>`}
    <p class="error" role="alert">${wait ? t("wait", { n: wait }) : explain(error)}</p>
  </form>`;
}

function TokenLogin() {
  const [value, setValue] = useState("");
  const [stay, setStay] = useState(false);
  const url = config.value.authUrl;
  const isWeb = /^https?:\/\//.test(url ?? "");
  return html`<form class="card" onSubmit=${(e) => (e.preventDefault(), setToken(value.trim(), stay))}>
    <h1>gamepanel</h1>
    ${isWeb && html`<p><a href=${url} rel="noreferrer">${t("tokenFrom", { url })}</a></p>`}
    <label>${t("accessToken")}
      <input type="password" required value=${value} onInput=${(e) => setValue(e.target.value)} />
    </label>
    <label class="check"><input type="checkbox" checked=${stay} onChange=${(e) => setStay(e.target.checked)} />${t("stay")}</label>
    <button class="primary" disabled=${!value}>${t("login")}</button>
  </form>`;
}
