// What the daemon says of a field, in the words and the language of the page. What it says of
// patterns and types is for programs: people read what is wanted instead.
import { isText, t, told } from "./text.js";

/** Causes that only a program understands: of patterns, types and words of the API. */
const FOR_PROGRAMS = new Set([
  "bad_name",
  "has_nul",
  "no_fields",
  "no_match",
  "no_such_action",
  "not_a_word",
  "not_boolean",
  "not_id",
  "not_list",
  "not_object",
  "not_string",
  "not_username",
  "unknown_field",
  "unknown_setting",
]);

/**
 * What is wrong with a field, for people.
 *
 * @param problem: what the daemon says of it.
 * @param name: of the field; some have a rule of their own to be told.
 */
export function wrongText({ detail, cause }, name = "") {
  const rule = isText(`rule.${name}`) ? t(`rule.${name}`) : "";
  if (cause?.code === "not_as_hinted" && rule) return rule;
  return FOR_PROGRAMS.has(cause?.code) ? rule || t("wrong.form") : told(detail, cause);
}
