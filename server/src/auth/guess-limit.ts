import { createHash } from 'node:crypto';
import { DomainError } from '../errors.js';
import type { Store } from '../store/store.js';

const WINDOW_MS = 15 * 60_000;
/** Wrong passwords in a window: of one address, of one address for one account, and for one account. */
const LIMITS = { ip: 50, pair: 10, email: 100 } as const;

type Counter = keyof typeof LIMITS;

/** Slows down who guesses passwords, on all servers of a database together. A success takes nothing. */
export class GuessLimit {
  readonly #store: Pick<Store, 'countGuesses' | 'forgiveGuesses'>;
  readonly #now: () => number;

  constructor(store: Pick<Store, 'countGuesses' | 'forgiveGuesses'>, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  /**
   * Counts an attempt before its password is looked at, so that many at once cannot slip through, and
   * gives it back when `attempt` succeeds.
   *
   * @throws DomainError rate_limited
   */
  async guard<T>(ip: string, email: string, attempt: () => Promise<T>): Promise<T> {
    const account = email.trim().toLowerCase();
    const keys = {
      ip: keyOf('ip', ip),
      pair: keyOf('pair', `${ip} ${account}`),
      email: keyOf('email', account),
    };
    // The address first: who is refused by it adds no rows by making up accounts.
    await this.#count(keys, ['ip']);
    await this.#count(keys, ['pair', 'email']);
    const result = await attempt();
    await this.#store.forgiveGuesses(Object.values(keys));
    return result;
  }

  async #count(keys: Record<Counter, string>, counters: Counter[]): Promise<void> {
    const counted = await this.#store.countGuesses(
      counters.map((counter) => keys[counter]),
      WINDOW_MS,
    );
    const over = counted.find(({ key, count }) =>
      counters.some((counter) => keys[counter] === key && count > LIMITS[counter]),
    );
    if (over === undefined) return;
    throw new DomainError(
      'rate_limited',
      'Too many wrong passwords. Wait, or have the password reset with `npm run xray -- users reset-password`.',
      [],
      Math.max(1, Math.ceil((over.endsAt.getTime() - this.#now()) / 1000)),
    );
  }
}

/** Hashed, so that the table tells nobody who tried to sign in. */
function keyOf(counter: Counter, text: string): string {
  return createHash('sha256').update(`${counter} ${text}`).digest('base64url');
}
