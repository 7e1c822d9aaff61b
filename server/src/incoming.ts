import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { holdsApiKey, possibleKeysIn } from './auth/api-key.js';
import type { KeyRing } from './auth/key-ring.js';
import { DomainError } from './errors.js';

/** A key may be encoded several times on its way. */
const MAX_DECODINGS = 3;

/**
 * Gives a request its id for the log, and logs a line once it is answered. The line has the route's
 * pattern instead of the URL, because ids and filters in a URL can name people.
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
 * Refuses a URL with U+0000, with a parameter that is not percent-encoded UTF-8, or with an API
 * key. Postgres cannot store U+0000. A key in a URL is logged by every proxy on the way, so the
 * client must learn of it.
 *
 * @throws DomainError invalid.
 */
export async function checkUrl(url: string, keys: Pick<KeyRing, 'knows'>): Promise<void> {
  if (url.includes('%00')) throw new DomainError('invalid', 'The URL contains a NUL character.');
  for (const text of readingsOf(url)) {
    if (!text.includes('xr_')) continue;
    if (holdsApiKey(text)) throw keyInUrl();
    for (const candidate of possibleKeysIn(text)) {
      if (await keys.knows(candidate)) throw keyInUrl();
    }
  }
  checkQuery(url);
}

/** The URL as sent, and percent-decoded until it no longer changes. */
function readingsOf(url: string): string[] {
  const readings = [url];
  for (let depth = 0; depth < MAX_DECODINGS; depth++) {
    const last = readings.at(-1) ?? '';
    const next = last.replaceAll(/%[0-7][0-9a-f]/gi, (code) => decodeURIComponent(code));
    if (next === last) break;
    readings.push(next);
  }
  return readings;
}

function checkQuery(url: string): void {
  const [, query = ''] = /\?([^#]*)/.exec(url) ?? [];
  if (!query.includes('%')) return;
  for (const part of query.split('&')) {
    try {
      decodeURIComponent(part);
    } catch {
      const [name = ''] = part.split('=', 1);
      throw new DomainError('invalid', `${name}: this parameter is not percent-encoded UTF-8.`, [
        { path: name, code: 'invalid_encoding' },
      ]);
    }
  }
}

function keyInUrl(): DomainError {
  return new DomainError(
    'invalid',
    'This URL contains an API key, so logs may have recorded it. Revoke the key and send keys in a header.',
  );
}
