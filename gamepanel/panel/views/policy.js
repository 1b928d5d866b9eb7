// What a password has to be like, told before anybody is wrong.
import { get } from "../lib/api.js";
import { config, useAnswer } from "../lib/store.js";
import { number, t } from "../lib/text.js";

/** The rule in words; "" until it is known, and where there are no passwords. */
export function usePolicy() {
  const isWanted = config.value.auth === "password";
  const [answer] = useAnswer(async () => (isWanted ? get("login_info") : null), []);
  return answer ? t("passwordRule", { n: number(answer.passwordPolicy.minLength) }) : "";
}
