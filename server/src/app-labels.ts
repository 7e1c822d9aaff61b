/** Apps beyond this many are counted together. */
const MAX_APPS = 200;

/**
 * The label of an app in a metric. It bounds the number of series, even if many apps are created.
 */
export class AppLabels {
  readonly #known = new Set<string>();

  labelOf(app: string): string {
    if (this.#known.size < MAX_APPS) this.#known.add(app);
    return this.#known.has(app) ? app : 'other';
  }
}
