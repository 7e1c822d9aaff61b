import { RateLimiterMemory } from 'rate-limiter-flexible';
import { DomainError } from '../errors.js';

/**
 * Counts one request of a key; throws a DomainError `rate_limited` when the key has used up this minute.
 * `ownLimit` is the key's own limit, which replaces the installation's.
 */
export type RateLimit = (keyId: string, ownLimit: number | null) => Promise<void>;

/** Each instance counts separately. Undefined means that only a key's own limit applies. */
export function rateLimit(requestsPerMinute: number | undefined): RateLimit {
  // This counter has no limit, because the limit differs by key.
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
