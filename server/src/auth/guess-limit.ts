import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { DomainError } from '../errors.js';

const WINDOW_S = 15 * 60;
/** Wrong passwords in a window: of one address for one account, of one address, and for one account. */
const LIMITS = { pair: 10, ip: 50, email: 100 } as const;

type Counter = keyof typeof LIMITS;

/** Slows down who guesses passwords. Each instance counts for itself; a success takes nothing. */
export class GuessLimit {
  readonly #counters = Object.entries(LIMITS).map(
    ([name, points]) =>
      [name as Counter, new RateLimiterMemory({ points, duration: WINDOW_S })] as const,
  );

  /**
   * Counts an attempt before its password is looked at, so that many at once cannot slip through, and
   * gives it back when `attempt` succeeds.
   *
   * @throws DomainError rate_limited
   */
  async guard<T>(ip: string, email: string, attempt: () => Promise<T>): Promise<T> {
    const account = email.trim().toLowerCase();
    const keys: Record<Counter, string> = { pair: `${ip} ${account}`, ip, email: account };
    try {
      for (const [name, counter] of this.#counters) await counter.consume(keys[name]);
    } catch (refused) {
      if (refused instanceof Error) throw refused;
      const { msBeforeNext } = refused as RateLimiterRes;
      throw new DomainError(
        'rate_limited',
        'Too many wrong passwords. Wait, or have the password reset with `npm run xray -- users reset-password`.',
        [],
        Math.ceil(msBeforeNext / 1000),
      );
    }
    const result = await attempt();
    for (const [name, counter] of this.#counters) await counter.reward(keys[name]);
    return result;
  }
}
