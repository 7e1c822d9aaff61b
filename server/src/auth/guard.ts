import type { Request } from 'express';
import type { KeyScope } from '@xray/core';
import { DomainError } from '../errors.js';
import type { KeyRing } from './key-ring.js';

/**
 * Who is asking. `administrator` comes through the socket in the data directory, which only the owner
 * of the files can open; `local` is this machine without a name, until sign-in lands.
 */
export type Principal =
  | { kind: 'administrator' }
  | { kind: 'local' }
  | { kind: 'key'; keyId: string; app: string; scopes: KeyScope[] };

/** What a route asks of who calls it; every route declares one. */
export type Policy = 'public' | 'ingest' | 'read' | 'operate' | 'administer';

/** The way a request came in: over the network, or through the data directory's socket. */
export type Door = 'network' | 'socket';

/** Finds out who is asking. An API key that is given is never ignored: a wrong one is a 401 anywhere. */
export async function identify(req: Request, door: Door, keys: KeyRing): Promise<Principal> {
  const key = presentedKey(req);
  if (key !== undefined) {
    const grant = await keys.grantOf(key);
    if (grant === undefined) {
      throw new DomainError('unauthorized', 'This API key is not known here, or it was revoked.');
    }
    return { kind: 'key', keyId: grant.id, app: grant.app, scopes: grant.scopes };
  }
  return { kind: door === 'socket' ? 'administrator' : 'local' };
}

/** Throws unless `principal` may do what `policy` asks for, in `app` if the route names one. */
export function authorize(principal: Principal, policy: Policy, app: string | undefined): void {
  switch (policy) {
    case 'public':
      return;
    case 'ingest':
      if (principal.kind !== 'key') {
        throw new DomainError(
          'unauthorized',
          'An API key is needed: send it as `Authorization: Bearer xr_…` or as `x-api-key`.',
        );
      }
      return requireScope(principal, 'ingest');
    case 'read':
      if (principal.kind !== 'key') return;
      requireScope(principal, 'read');
      if (app !== undefined && app !== principal.app) throw notFound('app');
      return;
    case 'operate':
      if (principal.kind === 'key') {
        throw new DomainError('forbidden', 'This is for operators: an API key does not open it.');
      }
      return;
    case 'administer':
      if (principal.kind !== 'administrator') {
        throw new DomainError(
          'forbidden',
          'Only the administrator may do this: use the command line, `npm run xray -- --help`.',
        );
      }
  }
}

export function notFound(what: string): DomainError {
  return new DomainError('not_found', `There is no such ${what}, or you may not see it.`);
}

function requireScope(principal: Principal & { kind: 'key' }, scope: KeyScope): void {
  if (principal.scopes.includes(scope)) return;
  throw new DomainError('forbidden', `This API key does not have the scope \`${scope}\`.`);
}

function presentedKey(req: Request): string | undefined {
  const header = req.get('x-api-key');
  if (header !== undefined) return header.trim();
  const authorization = req.get('authorization');
  if (authorization === undefined) return undefined;
  const [, token] = /^Bearer\s+(\S+)\s*$/i.exec(authorization) ?? [];
  if (token === undefined) {
    throw new DomainError('unauthorized', 'The Authorization header must be `Bearer xr_…`.');
  }
  return token;
}
