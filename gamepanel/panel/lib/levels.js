// How bad a line is, as most games write it: a word of its own near the beginning.
const ERROR = /^.{0,80}?(?:^|[\s[/(<|:])(?:ERROR|SEVERE|FATAL|CRITICAL|PANIC)(?:[\s\]/)>|:]|$)/;
const WARNING = /^.{0,80}?(?:^|[\s[/(<|:])WARN(?:ING)?(?:[\s\]/)>|:]|$)/;
const LOUD_ERROR = /^(?:[\d:.[\]\- ]{0,32})(?:error|fatal|exception|panic)\b/i;
const LOUD_WARNING = /^(?:[\d:.[\]\- ]{0,32})warn(?:ing)?\b/i;
/** What goes on with the line before, as the calls below an exception. */
const MORE = /^(?:\s+(?:at |\.\.\. \d)|Caused by: |\s*#\d+ )/;

/** What a line with a level holds; most lines don't, and are not looked at further. */
const CANDIDATE = /warn|err|severe|fatal|critical|panic|exception/i;

export const LEVELS = ["", "warn", "err"];

/** Whether a line of a text may have a level of its own. */
export const mayHaveLevel = (text) => CANDIDATE.test(text);

/**
 * "err", "warn" or "" of a line; `before` is the level of the line before it, and `isCandidate` whether
 * it may have one of its own.
 */
export function levelOf(text, before, isCandidate = mayHaveLevel(text)) {
  if (!isCandidate) return before && MORE.test(text) ? before : "";
  if (ERROR.test(text) || LOUD_ERROR.test(text)) return "err";
  if (WARNING.test(text) || LOUD_WARNING.test(text)) return "warn";
  return before && MORE.test(text) ? before : "";
}

/** Whether a line of a level is shown where only so bad ones are. */
export const isShown = (level, least) => LEVELS.indexOf(level) >= LEVELS.indexOf(least);
