import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { DomainError } from '../errors.js';

/** Counts one request of a key; throws a DomainError `rate_limited` when it has no more this minute. */
export type RateLimit = (keyId: string) => Promise<void>;

/** Each instance counts for itself. Undefined means no limit. */
export function rateLimit(requestsPerMinute: number | undefined): RateLimit {
  if (requestsPerMinute === undefined) return async () => {};
  const limiter = new RateLimiterMemory({ points: requestsPerMinute, duration: 60 });
  return async (keyId) => {
    try {
      await limiter.consume(keyId);
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      throw new DomainError(
        'rate_limited',
        `This API key may send ${requestsPerMinute} requests a minute.`,
        [{ path: '', code: 'rate_limited', limit: requestsPerMinute }],
        Math.ceil(error.msBeforeNext / 1000),
      );
    }
  };
}
