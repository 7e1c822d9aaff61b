import { otlpSettingsSchema, type OtlpSettings } from '@xray/core';
import type { WaitingStore } from '../store/waiting-store.js';

/** Settings are read again after so long, in ms. Each instance remembers them by itself. */
const REMEMBERED_MS = 5_000;
const MAX_APPS = 1_000;

export const DEFAULT_OTLP_SETTINGS: OtlpSettings = otlpSettingsSchema.parse({});

/** The OTLP settings of apps, remembered for a few seconds. */
export class OtlpSettingsReader {
  readonly #store: Pick<WaitingStore, 'readSettings'>;
  readonly #now: () => number;
  readonly #known = new Map<string, { settings: Promise<OtlpSettings>; until: number }>();

  constructor(store: Pick<WaitingStore, 'readSettings'>, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  async of(app: string): Promise<OtlpSettings> {
    const known = this.#known.get(app);
    if (known !== undefined && known.until > this.#now()) return await known.settings;
    if (this.#known.size >= MAX_APPS) this.#known.clear();
    const settings = this.#read(app);
    this.#known.set(app, { settings, until: this.#now() + REMEMBERED_MS });
    settings.catch(() => this.#known.delete(app));
    return await settings;
  }

  /** A change applies at once on the instance that made it. */
  forget(app: string): void {
    this.#known.delete(app);
  }

  async #read(app: string): Promise<OtlpSettings> {
    const stored = await this.#store.readSettings(app);
    return stored === undefined ? DEFAULT_OTLP_SETTINGS : otlpSettingsSchema.parse(stored);
  }
}
