// Logging in, with the work that it costs.
import { html, useEffect, useLayoutEffect, useRef, useState } from "../lib/base.js";
import { Away, call, get, isExpired, Refusal, setToken } from "../lib/api.js";
import { config } from "../lib/store.js";
import { useSaid } from "../lib/live.js";
import { explain, t } from "../lib/text.js";
import { Hidden, Wrong } from "./field.js";
import { Logo } from "./frame.js";
import { Icon, Shape } from "./icon.js";

const TOKEN = /^[0-9A-Fa-f]{1,128}$/;
/** A name of which nothing was typed for so long is whole. */
const TYPED_MS = 400;
/** A login token is not used in the last seconds of its life. */
const SPARE_S = 30;

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

  /** Begin for a user, unless that is under way or done already and still good. */
  begin(username) {
    if (username === this.#name && !this.#isOld) return this.result;
    this.stop();
    this.#name = username;
    const result = (this.result = this.#find(username));
    // Whoever waits is told; whoever comes later begins anew.
    result.catch(() => result === this.result && this.stop());
    return result;
  }

  get #isOld() {
    return this.#info !== null && Date.now() > this.#until;
  }

  async #find(username) {
    if (!this.#info || this.#isOld) {
      this.#info = await get("login_info");
      this.#until = Date.now() + (this.#info.expires - SPARE_S) * 1000;
    }
    const { token, proofOfWork } = this.#info;
    if (this.#name !== username) throw new Error("given up");
    const worker = (this.#worker = new Worker("/panel/work.js", { type: "module" }));
    return new Promise((resolve, reject) => {
      worker.onerror = () => reject(new Away());
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
  useSaid(isExpired.value ? t("expired") : "");
  return html`${isExpired.value && html`<p class="notice">${t("expired")}</p>`}
    ${config.value.auth === "url" ? html`<${TokenLogin} />` : html`<${PasswordLogin} />`}`;
}

const Brand = () =>
  html`<div class="brand-big">
    <${Logo} />
    <h1>gamepanel</h1>
    <p class="muted">${location.hostname}</p>
  </div>`;

/** How long a refusal says to wait. */
const secondsOf = (error) => Math.ceil(error.retryAfter ?? 5);

/** Seconds that are left to wait, counting down, and how to begin. */
function useCountdown() {
  const [wait, setWait] = useState(0);
  useEffect(() => {
    if (!wait) return undefined;
    const timer = setTimeout(() => setWait(wait - 1), 1000);
    return () => clearTimeout(timer);
  }, [wait]);
  return [wait, setWait];
}

const Stay = ({ stay, setStay }) =>
  html`<label class="inline"
    ><input type="checkbox" checked=${stay} onChange=${(event) => setStay(event.target.checked)} />${t("stay")}</label
  >`;

function PasswordLogin() {
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [stay, setStay] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const [wait, setWait] = useCountdown();
  const [progress, setProgress] = useState(null);
  const form = useRef(null);
  const work = useRef(null);
  work.current ??= new Work(setProgress);
  useEffect(() => () => work.current.stop(), []);
  useEffect(() => {
    const timer = setTimeout(() => username && work.current.begin(username), TYPED_MS);
    return () => clearTimeout(timer);
  }, [username]);

  async function attempt(again) {
    try {
      const proof = await work.current.begin(username);
      return await call("login", { username, password, ...proof }, null, null);
    } catch (failure) {
      work.current.stop(Boolean(failure.code));
      // The token of the proof was too old, or of a daemon that has been restarted.
      if (again && failure.code?.startsWith("login_token_")) return attempt(false);
      throw failure;
    }
  }

  async function submit(event) {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      setToken((await attempt(true)).accessToken, stay);
    } catch (failure) {
      setProgress(null);
      setError(failure);
      setBusy(false);
      if (failure.code === "too_many_requests") setWait(secondsOf(failure));
      else if (failure.code) work.current.begin(username);
    }
  }

  const isReady = username && password && !busy && !wait;
  const problem = wait > 0 ? t("wait", { n: wait }) : explain(error);
  // Said once, not each second.
  useSaid(wait > 0 ? t("wait", { n: secondsOf(error) }) : problem);
  useLayoutEffect(() => {
    if (error?.code === "invalid_credentials") form.current.querySelector("#login-password").focus();
  }, [error]);
  return html`<form class="form-card" ref=${form} onSubmit=${submit}>
    <${Brand} />
    <div class="field">
      <label for="login-name">${t("userName")}</label>
      <input
        id="login-name"
        class="in"
        name="username"
        autocomplete="username"
        autocapitalize="none"
        spellcheck=${false}
        required
        autofocus
        readonly=${busy}
        value=${username}
        onInput=${(event) => setUsername(event.target.value)}
      />
    </div>
    <div class=${problem ? "field wrong" : "field"}>
      <label for="login-password">${t("password")}</label>
      <${Hidden}
        id="login-password"
        name="password"
        autocomplete="current-password"
        required
        value=${password}
        aria-invalid=${problem ? "true" : undefined}
        aria-describedby=${problem ? "login-error" : undefined}
        onInput=${(event) => setPassword(event.target.value)}
      />
      <${Wrong} id="login-error" problem=${problem} />
    </div>
    <${Stay} stay=${stay} setStay=${setStay} />
    <button class="btn primary full" type="submit" disabled=${!isReady}><${Icon} name="log-in" />${t("login")}</button>
    ${busy && html`<p class="hint work"><${Shape} state="starting" />${t("working", { done: progress?.done ?? 0, of: progress?.amount ?? "?" })}</p>`}
  </form>`;
}

function TokenLogin() {
  const [value, setValue] = useState("");
  const [stay, setStay] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const url = config.value.authUrl;
  const isWeb = /^https?:\/\//.test(url ?? "");

  async function submit(event) {
    event.preventDefault();
    const token = value.trim();
    setBusy(true);
    setError(null);
    try {
      // What can't be one can't even be sent.
      if (!TOKEN.test(token)) throw new Refusal({ code: "token_invalid" });
      await call("whoami", {}, null, token);
      setToken(token, stay);
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  }

  const problem = explain(error);
  useSaid(problem);
  return html`<form class="form-card" onSubmit=${submit}>
    <${Brand} />
    ${isWeb && html`<p><a href=${url} rel="noreferrer">${t("tokenFrom", { url })}</a></p>`}
    <div class=${problem ? "field wrong" : "field"}>
      <label for="login-token">${t("accessToken")}</label>
      <${Hidden}
        id="login-token"
        required
        autocomplete="off"
        value=${value}
        aria-invalid=${problem ? "true" : undefined}
        aria-describedby=${problem ? "login-error" : undefined}
        onInput=${(event) => setValue(event.target.value)}
      />
      <${Wrong} id="login-error" problem=${problem} />
    </div>
    <${Stay} stay=${stay} setStay=${setStay} />
    <button class="btn primary full" type="submit" disabled=${!value || busy}><${Icon} name="log-in" />${t("login")}</button>
  </form>`;
}
