/** Apps beyond this many are counted together. */
const MAX_APPS = 200;

/** What an app is called in a metric, so that its series stay bounded whatever is made. */
export class AppLabels {
  readonly #known = new Set<string>();

  labelOf(app: string): string {
    if (this.#known.size < MAX_APPS) this.#known.add(app);
    return this.#known.has(app) ? app : 'other';
  }
}
