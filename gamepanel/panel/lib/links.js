// Addresses in a text, of the two kinds that are safe to follow.
const ADDRESS = /https?:\/\/[^\s<>"'`\u0000-\u001f\u2028\u2029]+/g;
/** What ends a sentence, not an address. */
const TRAIL = ".,;:!?)]}";

/** An address without what ends the sentence that it stands in; from its end, so in linear time. */
function trimmed(address) {
  let end = address.length;
  while (TRAIL.includes(address[end - 1])) end -= 1;
  return address.slice(0, end);
}

/** A text as pieces `{text, href}`; `href` is missing where it is only text. */
export function linked(text) {
  if (!text.includes("://")) return [{ text }];
  const found = [];
  let at = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = trimmed(match[0]);
    if (!URL.canParse(address)) continue;
    if (match.index > at) found.push({ text: text.slice(at, match.index) });
    found.push({ text: address, href: address });
    at = match.index + address.length;
  }
  if (at < text.length) found.push({ text: text.slice(at) });
  return found;
}
