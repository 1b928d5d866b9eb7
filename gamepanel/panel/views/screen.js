// The part of a console that scrolls: how large it is, and where in it somebody reads.
import { useLayoutEffect, useRef, useState } from "../lib/base.js";
import { stamps, wraps } from "../lib/device.js";

/** What stands left and right of a row, in pixels; with the times more on the left. */
const PADDING = 32;
const STAMP = 76;
const PROBE = "0123456789".repeat(4);

/** How high the screen and its rows are; lays the lines out for how wide it is. */
export function useScreen(scroller, measure, lines, again) {
  const [size, setSize] = useState({ height: 400, row: 18, column: 8, left: 0 });
  useLayoutEffect(() => {
    const fit = () => {
      const probe = measure.current.getBoundingClientRect();
      const { clientWidth, clientHeight } = scroller.current;
      const column = probe.width / PROBE.length;
      const left = PADDING + (stamps.value ? STAMP : 0);
      lines.layout(wraps.value ? Math.floor((clientWidth - left) / column) : Infinity);
      setSize({ height: clientHeight, row: probe.height, column, left });
    };
    fit();
    const observer = new ResizeObserver(fit);
    observer.observe(scroller.current);
    observer.observe(measure.current);
    return () => observer.disconnect();
  }, again);
  return { ...size, probe: PROBE };
}

/** Where the person is: at the end, which is followed, or somewhere else, which stays there. */
export function useScroll(scroller, lines, { height, row }) {
  const [top, setTop] = useState(0);
  // How many lines there were when the person scrolled up; null: the end is followed.
  const [seen, setSeen] = useState(null);
  const [, redraw] = useState(0);
  const follows = seen === null;

  // Lines that had to go, or that came in front, must not move those that are being read.
  const gone = useRef(0);
  const shift = (lines.droppedRows - gone.current) * row;
  const before = useRef({ scrollTop: 0, room: 0 });
  const now = ({ scrollTop, scrollHeight, clientHeight }) => ({
    scrollTop,
    room: scrollHeight - clientHeight,
  });
  // Whether the person has moved up since; where there is less to scroll it moves by itself.
  const isUp = (log) =>
    log.scrollTop < before.current.scrollTop && now(log).room >= before.current.room;
  useLayoutEffect(() => {
    const log = scroller.current;
    // Then the event that tells of it is about to come.
    if (follows && isUp(log)) return;
    gone.current = lines.droppedRows;
    if (follows) log.scrollTop = log.scrollHeight;
    else if (shift) log.scrollTop -= shift;
    before.current = now(log);
  });

  function scrolled() {
    const wasUp = isUp(scroller.current);
    const { scrollTop, room } = (before.current = now(scroller.current));
    setTop(scrollTop);
    // The smallest step is enough: a smooth scroll begins with one.
    if (wasUp) setSeen((was) => was ?? lines.count);
    else if (scrollTop >= room - 2) setSeen(null);
  }

  return {
    top,
    shift,
    follows,
    fresh: follows ? 0 : lines.count - seen,
    scrolled,
    /** Do what may put rows between lines, without moving those that are being read. */
    keep(change) {
      const behind = lines.at(Math.floor(scroller.current.scrollTop / row)) + 1;
      const before = lines.rows[behind] ?? 0;
      change();
      gone.current += (lines.rows[behind] ?? 0) - before;
    },
    toEnd() {
      setSeen(null);
      redraw((n) => n + 1);
    },
    /** Show a line, by its number. */
    show(line) {
      setSeen((was) => was ?? lines.count);
      scroller.current.scrollTop = lines.rows[line - lines.dropped] * row - height / 2;
    },
  };
}
