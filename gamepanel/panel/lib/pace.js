// How fast something goes on, and how long it still takes: functions of what was seen of it.

/** Over so many seconds it is reckoned; less than the second says nothing. */
const WINDOW = 10;
const LEAST = 1;

/** How much is done in a second, from points `{at, done}` in seconds; 0 where that is not known. */
export function paceOf(points) {
  const last = points.at(-1);
  const first = points.find(({ at }) => at >= last.at - WINDOW);
  if (!first || last.at - first.at < LEAST || last.done <= first.done) return 0;
  return (last.done - first.done) / (last.at - first.at);
}

/** How many seconds it still takes; null where that is not known. */
export function timeLeft(pace, { done, total }) {
  return pace > 0 && total !== null && total > done ? Math.ceil((total - done) / pace) : null;
}
