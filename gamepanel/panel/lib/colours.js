// The colours of a console, so that all of it can be read (WCAG 2.2, 1.4.3).
const SCREEN = [13, 16, 20];
const TEXT = [217, 223, 231];
const LEAST_CONTRAST = 4.5;

const PALETTE = {
  black: [141, 152, 167],
  red: [255, 143, 133],
  green: [127, 217, 159],
  yellow: [240, 192, 96],
  blue: [134, 182, 255],
  magenta: [217, 163, 255],
  cyan: [111, 211, 220],
  white: TEXT,
  "bright-black": [157, 167, 181],
  "bright-red": [255, 179, 172],
  "bright-green": [166, 232, 189],
  "bright-yellow": [247, 214, 143],
  "bright-blue": [177, 208, 255],
  "bright-magenta": [231, 198, 255],
  "bright-cyan": [160, 229, 235],
  "bright-white": [255, 255, 255],
};
const BACKGROUNDS = { black: [0, 0, 0], "bright-black": [60, 68, 64], white: [200, 206, 202] };

const rgbOf = (colour) => colour.match(/\d+/g).map(Number);

function luminance(rgb) {
  const [r, g, b] = rgb.map((part) => {
    const x = part / 255;
    return x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one, other) {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

/** A colour, moved towards white or black until it can be read on another. */
function readable(colour, ground) {
  const goal = luminance(ground) > 0.18 ? [0, 0, 0] : [255, 255, 255];
  let found = colour;
  for (let share = 0.1; contrast(found, ground) < LEAST_CONTRAST && share <= 1; share += 0.1) {
    found = colour.map((part, i) => Math.round(part + (goal[i] - part) * share));
  }
  return found;
}

const named = (name, otherwise) =>
  name.startsWith("rgb") ? rgbOf(name) : (PALETTE[name] ?? otherwise);
const grounds = (name) =>
  name.startsWith("rgb") ? rgbOf(name) : (BACKGROUNDS[name] ?? PALETTE[name] ?? SCREEN);

const known = new Map();

/** The `color` and `backgroundColor` of a style; what is as usual is left out. */
export function coloursOf({ fg, bg, inverse, dim }) {
  if (!fg && !bg && !inverse && !dim) return undefined;
  const key = `${fg}|${bg}|${inverse}|${dim}`;
  if (!known.has(key)) {
    if (known.size > 4096) known.clear();
    known.set(key, colours(fg, bg, inverse, dim));
  }
  return known.get(key);
}

function colours(fg, bg, inverse, dim) {
  let text = named(fg, TEXT);
  let ground = bg ? grounds(bg) : SCREEN;
  if (inverse) [text, ground] = [bg ? ground : SCREEN, text];
  if (dim) text = text.map((part, i) => Math.round(part * 0.7 + ground[i] * 0.3));
  const css = (rgb) => `rgb(${rgb.join(", ")})`;
  const found = { color: css(readable(text, ground)) };
  if (bg || inverse) found.backgroundColor = css(ground);
  return found;
}
