// What every view needs of the libraries, under one roof.
import { Component, h, render } from "../vendor/preact.js";
import htm from "../vendor/htm.js";

export { Component, render };
export { useEffect, useLayoutEffect, useMemo, useRef, useState } from "../vendor/hooks.js";
export { effect, signal } from "../vendor/signals.js";
export const html = htm.bind(h);
