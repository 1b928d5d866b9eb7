// Finds a text in the lines of a console; what was searched once is not searched again.
export class Search {
  #lines;
  #wanted;
  #fold;
  #hits = [];
  // Which lines have been searched, by their numbers: from the first to before the second.
  #first;
  #behind;

  constructor(lines, text, isExact = false) {
    this.#lines = lines;
    this.#fold = isExact ? (each) => each : (each) => each.toLowerCase();
    this.#wanted = this.#fold(text);
    this.#first = this.#behind = lines.dropped;
  }

  #in(from, to) {
    const { items, dropped } = this.#lines;
    const found = [];
    for (let line = from; line < to; line++) {
      if (this.#fold(items[line - dropped].text).includes(this.#wanted)) found.push(line);
    }
    return found;
  }

  /** Numbers of the lines that contain it, counted since the beginning. */
  hits() {
    const { dropped, count } = this.#lines;
    if (dropped < this.#first) {
      // Older ones came, in front of those that were searched.
      this.#hits = [...this.#in(dropped, this.#first), ...this.#hits];
    } else if (this.#hits[0] < dropped) this.#hits = this.#hits.filter((line) => line >= dropped);
    this.#first = dropped;
    this.#behind = Math.max(this.#behind, dropped);
    while (this.#hits.at(-1) >= this.#behind) this.#hits.pop();
    for (const line of this.#in(this.#behind, count)) this.#hits.push(line);
    // The last line may go on.
    this.#behind = Math.max(count - 1, dropped);
    return this.#hits;
  }

  /** Where it is in a text, as pairs of indexes. */
  placesIn(text) {
    const folded = this.#fold(text);
    const found = [];
    let at = folded.indexOf(this.#wanted);
    while (at >= 0) {
      found.push([at, at + this.#wanted.length]);
      at = folded.indexOf(this.#wanted, at + this.#wanted.length);
    }
    return found;
  }
}
