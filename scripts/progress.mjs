// Prints on stderr how far the preparation is, and roughly how long the rest takes.

/**
 * Seconds measured on two idle cores. If a machine installs more slowly, builds are assumed to be slower as
 * well.
 */
const TYPICAL_S = { install: 30, core: 3, sdk: 6, server: 8, dashboard: 30, examples: 3 };
const REDRAW_MS = 1_000;

/** @typedef {{ name: string, needs: string[] }} Work */

export class Progress {
  #scale = 1;
  /** @type {Map<string, number>} when each began, by `performance.now()` */
  #began = new Map();
  /** @type {Work[]} */
  #left = [];
  #timer;

  /** @param {Work[]} works the work to do, each item after those that it needs */
  plan(works) {
    this.#left = works;
    if (!process.stderr.isTTY) return;
    this.#timer ??= setInterval(() => this.#draw(), REDRAW_MS);
    this.#timer.unref();
  }

  /** @param {string} name */
  begin(name) {
    this.#began.set(name, performance.now());
  }

  /**
   * @param {string} name
   * @returns {string} the time it took, and the remaining work
   */
  end(name) {
    const tookS = (performance.now() - (this.#began.get(name) ?? 0)) / 1000;
    if (name === 'install') this.#scale = Math.min(Math.max(tookS / TYPICAL_S.install, 0.5), 10);
    this.#left = this.#left.filter((work) => work.name !== name);
    const rest = this.#left.map((work) => work.name).join(', ');
    const left = rest === '' ? '' : `; left: ${rest}, about ${this.#leftS()} s`;
    return `${tookS.toFixed(1)} s${left}`;
  }

  stop() {
    clearInterval(this.#timer);
    this.#clear();
  }

  /** @param {string} text */
  say(text) {
    this.#clear();
    process.stderr.write(`prepare: ${text}\n`);
  }

  #clear() {
    if (process.stderr.isTTY) process.stderr.write('\r\x1B[2K');
  }

  #draw() {
    const names = this.#left.filter(({ name }) => this.#began.has(name)).map(({ name }) => name);
    this.#clear();
    process.stderr.write(`prepare: ${names.join(', ')} … about ${this.#leftS()} s left`);
  }

  /** Parts are built in parallel, so the longest chain counts. */
  #leftS() {
    /** @type {Map<string, number>} */
    const ends = new Map();
    for (const { name, needs } of this.#left) {
      const typicalS = (TYPICAL_S[/** @type {keyof typeof TYPICAL_S} */ (name)] ?? 5) * this.#scale;
      const began = this.#began.get(name);
      const spentS = began === undefined ? 0 : (performance.now() - began) / 1000;
      const needsS = Math.max(0, ...needs.map((need) => ends.get(need) ?? 0));
      ends.set(name, needsS + Math.max(typicalS - spentS, 1));
    }
    return Math.ceil(Math.max(0, ...ends.values()));
  }
}
