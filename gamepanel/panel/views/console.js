// A console: what a game has printed, as it comes, and the line to type into.
import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../lib/base.js";
import { awaySince } from "../lib/api.js";
import { stamps, wraps } from "../lib/device.js";
import { follow } from "../lib/follow.js";
import { Lines } from "../lib/lines.js";
import { say } from "../lib/live.js";
import { asSequences, hasCodes } from "../lib/quake.js";
import { Search } from "../lib/search.js";
import { count, number, t } from "../lib/text.js";
import { Find } from "./find.js";
import { Icon } from "./icon.js";
import { Tools } from "./tools.js";
import { Prompt } from "./prompt.js";
import { useRuns } from "./runs.js";
import { chosenText, copyChosen, Row } from "./screenrow.js";
import { useScreen, useScroll } from "./screen.js";

/** Between two pictures of a tab that nobody looks at, and two remarks to somebody who only hears. */
const HIDDEN_MS = 500;
const SPOKEN_MS = 2000;
const MOST_SPOKEN = 5;
/** Rows that are there above and below those that can be seen. */
const OVERSCAN = 10;

/** The lines of a log as they come; draws anew once a frame at most, however fast that is. */
function useLog(id) {
  const [log] = useState(() => ({ lines: new Lines(), whole: null }));
  const [, redraw] = useState(0);
  // Not after the next frame, as other effects: the first lines are what one came for.
  useLayoutEffect(() => {
    const stop = new AbortController();
    let isFirst = true;
    let pending = false;
    const draw = () => {
      pending = false;
      if (!stop.signal.aborted) redraw((n) => n + 1);
    };
    const changed = () => {
      if (isFirst) {
        isFirst = false;
        draw();
      }
      if (pending) return;
      pending = true;
      // Frames stop where nobody looks.
      if (document.hidden) setTimeout(draw, HIDDEN_MS);
      else requestAnimationFrame(draw);
    };
    log.whole = follow(id, log.lines, changed, stop.signal);
    return () => stop.abort();
  }, [id]);
  return [log, () => redraw((n) => n + 1)];
}

export function Console({ id, status, isAlone, hasFacts, turnFacts }) {
  const [log, redraw] = useLog(id);
  const { lines } = log;
  useMemo(() => hasCodes(status?.type) && lines.readAs(asSequences), [status?.type]);
  const scroller = useRef(null);
  const measure = useRef(null);
  const size = useScreen(scroller, measure, lines, [wraps.value, stamps.value]);
  const scroll = useScroll(scroller, lines, size);
  const [find, setFind] = useState({ isOpen: false, text: "", isExact: false });
  const found = useFound(lines, find, scroll);
  useRuns(id, status, lines, scroll.keep, redraw);
  useSpoken(lines, scroll.follows);
  const setLevel = (least) => {
    lines.filter(least);
    redraw();
  };

  const { height, row } = size;
  const total = lines.rowCount * row;
  const from = scroll.follows ? Math.max(0, total - height) : Math.max(0, scroll.top - scroll.shift);
  const first = Math.max(0, Math.floor(from / row) - OVERSCAN);
  const last = Math.ceil((from + height) / row) + OVERSCAN;
  const shown = lines.slice(first, last);
  const wide = wraps.value ? undefined : `${(lines.items.length ? lines.widest(first, last) : 0) * size.column + size.left}px`;
  return html`<section class="console" aria-label=${t("console")}>
    <${Tools}
      ...${{ id, log, status, isAlone, hasFacts, turnFacts, find, setFind, setLevel }}
      follows=${scroll.follows}
      chosen=${() => chosenText(scroller.current)}
    />
    ${find.isOpen && html`<${Find} ...${{ find, setFind, found }} />`}
    <div class="screen-wrap">
      <span class="measure" ref=${measure} aria-hidden="true">${size.probe}</span>
      <div
        class="screen"
        role="log"
        aria-label=${t("console")}
        aria-live="off"
        tabindex="0"
        ref=${scroller}
        onScroll=${scroll.scrolled}
        onCopy=${copyChosen}
        onKeyDown=${(event) => event.key === "End" && scroll.toEnd()}
      >
        <div class=${stamps.value ? "all stamped" : "all"} style=${{ height: `${total}px`, minWidth: wide }}>
          ${shown.map((each) => html`<${Row}
            key=${each.key}
            row=${each}
            top=${each.row * row}
            time=${stamps.value && each.start === 0 ? lines.timeAt(each.item.index) : null}
            marks=${each.item && found.search?.placesIn(each.item.text)}
            isHit=${each.item && each.line + lines.dropped === found.current}
          />`)}
        </div>
      </div>
      ${
        !scroll.follows &&
        html`<button class="btn down" type="button" onClick=${scroll.toEnd}>
          <${Icon} name="arrow-down" />${scroll.fresh > 0 ? count("newLines", scroll.fresh) : t("toNewest")} <kbd aria-hidden="true">End</kbd>
        </button>`
      }
    </div>
    <${Prompt} key=${id} ...${{ id, status }} sent=${scroll.toEnd} />
  </section>`;
}

/** What is looked for: the hits, the one that is shown, and going to another. */
function useFound(lines, { isOpen, text, isExact }, scroll) {
  const wanted = isOpen ? text : "";
  const [at, setAt] = useState(0);
  const search = useMemo(
    () => (wanted ? new Search(lines, wanted, isExact) : null),
    [wanted, isExact],
  );
  const hits = search?.hits() ?? [];
  const current = hits.length ? hits[Math.min(at, hits.length - 1)] : null;
  const show = (n) => {
    setAt(n);
    scroll.show(hits[n]);
  };
  // The newest is what one looks for most; at once, since the next key may go on from there.
  useLayoutEffect(() => {
    if (hits.length) show(hits.length - 1);
  }, [search, hits.length > 0]);
  const where = !wanted
    ? ""
    : hits.length
      ? t("found", { at: number(Math.min(at, hits.length - 1) + 1), n: number(hits.length) })
      : t("notFound");
  useEffect(() => say(where), [where]);
  return {
    search,
    current,
    where,
    go: (step) => hits.length && show((at + step + hits.length) % hits.length),
  };
}

/** New lines for somebody who only hears: not all of them, when they come fast; none over bad news. */
function useSpoken(lines, follows) {
  const told = useRef(null);
  useEffect(() => {
    const timer = setInterval(() => {
      if (awaySince.value !== null) return;
      const fresh = told.current === null ? 0 : lines.count - told.current;
      told.current = lines.count;
      if (fresh <= 0 || !follows || document.hidden) return;
      const texts = lines.items.slice(-fresh).map((item) => item.text);
      say(fresh <= MOST_SPOKEN ? texts.join("\n") : count("newLines", fresh));
    }, SPOKEN_MS);
    return () => clearInterval(timer);
  }, [follows]);
}
