import type { RequestHandler } from 'express';
import { DomainError } from '../errors.js';

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Refuses a request that another site's page sends with the visitor's cookies (CSRF). A browser names
 * the source in `Origin` and `Sec-Fetch-Site`. A program sends neither and has no X-Ray cookies.
 * Source: OWASP, CSRF Prevention, "Verifying Origin With Standard Headers".
 *
 * @param allowed origins besides the one that the request was sent to
 */
export function originCheck(allowed: string[]): RequestHandler {
  const hosts = new Set(allowed.map((origin) => new URL(origin).host));
  return (req, _res, next) => {
    if (SAFE_METHODS.includes(req.method)) {
      next();
      return;
    }
    const origin = req.get('origin');
    const isOurs =
      origin === undefined
        ? isSameSite(req.get('sec-fetch-site'), req.get('cookie') !== undefined)
        : hostOf(origin) === req.get('host')?.toLowerCase() || hosts.has(hostOf(origin) ?? '');
    if (!isOurs) {
      throw new DomainError(
        'forbidden',
        'This request comes from a page of another site. Behind a proxy that changes the Host header, set XRAY_PUBLIC_URL.',
      );
    }
    next();
  };
}

function isSameSite(site: string | undefined, hasCookie: boolean): boolean {
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  return !hasCookie;
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
