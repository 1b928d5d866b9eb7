// What a password has to be like, told before anybody is wrong.
import { get } from "../lib/api.js";
import { config, useAnswer } from "../lib/store.js";
import { number, t } from "../lib/text.js";

/** The rule in words; null until it is known, "" where it can't be or where there are no passwords. */
export function usePolicy() {
  const isWanted = config.value.auth === "password";
  const [answer, refusal] = useAnswer(async () => (isWanted ? get("login_info") : null), []);
  if (!isWanted || refusal) return "";
  return answer && t("passwordRule", { n: number(answer.passwordPolicy.minLength) });
}
