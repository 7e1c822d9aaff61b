import { RateLimiterMemory } from 'rate-limiter-flexible';
import { DomainError } from '../errors.js';

/**
 * Counts one request of a key; throws a DomainError `rate_limited` when it has no more this minute.
 * `ownLimit` is the key's own, in place of the installation's.
 */
export type RateLimit = (keyId: string, ownLimit: number | null) => Promise<void>;

/** Each instance counts for itself. Undefined means no limit but those that keys have of their own. */
export function rateLimit(requestsPerMinute: number | undefined): RateLimit {
  // It only counts: how many are too many differs by key.
  const counter = new RateLimiterMemory({ points: Number.MAX_SAFE_INTEGER, duration: 60 });
  return async (keyId, ownLimit) => {
    const limit = ownLimit ?? requestsPerMinute;
    if (limit === undefined) return;
    const { consumedPoints, msBeforeNext } = await counter.consume(keyId);
    if (consumedPoints <= limit) return;
    throw new DomainError(
      'rate_limited',
      `This API key may send ${limit} requests a minute.`,
      [{ path: '', code: 'rate_limited', limit }],
      Math.ceil(msBeforeNext / 1000),
    );
  };
}
