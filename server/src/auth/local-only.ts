import type { RequestHandler } from 'express';
import { DomainError } from '../errors.js';

const LOCAL_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;
const FORWARDED = [
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
];

/**
 * Until sign-in lands, whoever reaches this port may read: so only this machine may reach it. A name
 * other than localhost would be DNS rebinding, a forwarded header a proxy that lets others in.
 */
export const localOnly: RequestHandler = (req, _res, next) => {
  if (!LOCAL_HOST.test(req.get('host') ?? '')) {
    throw new DomainError(
      'forbidden',
      'This server answers only to localhost, 127.0.0.1 and [::1] until sign-in is available.',
    );
  }
  const forwarded = FORWARDED.find((header) => req.get(header) !== undefined);
  if (forwarded !== undefined) {
    throw new DomainError(
      'forbidden',
      `This server cannot be used through a proxy until sign-in is available (header ${forwarded}).`,
    );
  }
  next();
};
