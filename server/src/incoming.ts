import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { holdsApiKey } from './auth/api-key.js';
import { DomainError } from './errors.js';

/**
 * Gives a request the id under which it stands in the log, and a line there once it is answered: by the
 * route's pattern, since ids and filters in a URL can name people.
 */
export function logRequest(
  { logger, now }: { logger: Logger; now: () => number },
  req: IncomingMessage,
  res: ServerResponse,
  routeOf: () => string | null,
): string {
  const requestId = randomUUID();
  if (logger.isLevelEnabled('debug')) {
    const startedAt = now();
    res.on('finish', () => {
      const durationMs = now() - startedAt;
      const { method } = req;
      logger.debug(
        { requestId, method, route: routeOf(), status: res.statusCode, durationMs },
        'request',
      );
    });
  }
  return requestId;
}

/**
 * No name of ours holds U+0000 and Postgres cannot take it, so it ends here for every parameter there is.
 * A key in a URL is in the logs of whatever passed it on, which its owner had better hear of.
 *
 * @throws DomainError invalid.
 */
export function checkUrl(url: string): void {
  if (url.includes('%00')) throw new DomainError('invalid', 'The URL holds a NUL character.');
  if (holdsApiKey(url)) {
    throw new DomainError(
      'invalid',
      'There is an API key in this URL, and so in the logs on its way: revoke it, and send keys in a header.',
    );
  }
}
