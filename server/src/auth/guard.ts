import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Request, RequestHandler, Response } from 'express';
import { DomainError } from '../errors.js';
import type { Accounts } from './accounts.js';
import type { Clerk } from './clerk.js';
import type { KeyRing } from './key-ring.js';
import { isThisMachine } from './machine.js';
import { authorize, notFound, requireSender, type Policy } from './policy.js';
import type { Door, Principal } from './principal.js';
import { SYSTEM_USER_HEADER, systemUserIn } from './system-user.js';
import type { AccountStore } from '../store/account-store.js';

/** The parts of the server that identify a caller. */
export interface Identification {
  accounts: AccountStore;
  keys: KeyRing;
  localAccounts: Accounts;
  /** When Clerk signs people in, there are no local accounts. */
  clerk: Clerk | undefined;
  /** A program with this token may read `/metrics` from another machine or through a proxy. */
  metricsToken: string | undefined;
  publicUrl: string | undefined;
}

/**
 * Checks the caller, their permission and whether the app exists, before the body is read. It runs
 * before every route's handler. The handler gets the caller from `admissionOf`.
 */
export function guard(
  deps: Identification,
  door: Door,
  route: { path: string; policy: Policy },
): RequestHandler {
  const namesApp = route.path.split('/').includes(':app');
  return async (req, res, next) => {
    res.set('Cache-Control', 'no-store');
    const named = namesApp ? req.params.app : undefined;
    const app = typeof named === 'string' ? named : undefined;
    const admit = async (): Promise<Principal> => {
      const isOperator = route.policy === 'operate' && hasMetricsToken(deps, req);
      const principal: Principal = isOperator
        ? { kind: 'nobody' }
        : await identify(deps, door, route.policy, app, req, res);
      const mayOperate = isOperator || isThisMachine(req, deps.publicUrl);
      authorize(principal, route.policy, { app, isThisMachine: mayOperate });
      // A key can only reach its own app, and is deleted with it.
      const isKnown = app === undefined || principal.kind === 'key';
      if (!isKnown && !(await deps.accounts.appExists(app))) throw notFound('app');
      return principal;
    };
    admissions.set(res, { principal: await admit(), admit });
    next();
  };
}

function hasMetricsToken(
  { metricsToken }: Pick<Identification, 'metricsToken'>,
  { headers }: Request,
): boolean {
  if (metricsToken === undefined) return false;
  const presented = presentedToken(headers);
  return presented !== undefined && timingSafeEqual(digest(presented), digest(metricsToken));
}

function digest(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}

interface Admission {
  principal: Principal;
  /** Repeats all checks. It throws what the guard would throw now. */
  admit: () => Promise<Principal>;
}

const admissions = new WeakMap<Response, Admission>();

/** The caller that the guard admitted for this response. */
export function admissionOf(res: Response): Admission {
  const admission = admissions.get(res);
  if (admission === undefined) throw new TypeError('the guard runs before every handler');
  return admission;
}

/**
 * A credential is never ignored: a wrong key is a 401 on every route, even next to a valid session.
 */
async function identify(
  { keys, accounts, localAccounts, clerk }: Identification,
  door: Door,
  policy: Policy,
  app: string | undefined,
  req: Request,
  res: Response,
): Promise<Principal> {
  if (policy === 'public') return { kind: 'nobody' };
  const presented = presentedToken(req.headers);
  const key = await keyPrincipal({ keys, clerk }, presented);
  if (key !== undefined) return key;
  if (door === 'socket')
    return { kind: 'administrator', systemUser: systemUserIn(req.get(SYSTEM_USER_HEADER)) };
  const userId =
    clerk === undefined
      ? await localAccounts.userOf(req, res)
      : presented && (await clerk.userOf(presented, req.ip ?? null));
  const access = userId && (await accounts.readAccess(userId, app));
  return access ? { kind: 'user', ...access } : { kind: 'nobody' };
}

/** The guard of ingest, which runs before Express. It reads the key from a request's headers. */
export async function senderOf(
  deps: Pick<Identification, 'keys' | 'clerk'>,
  headers: IncomingHttpHeaders,
): Promise<Principal & { kind: 'key' }> {
  const principal = await keyPrincipal(deps, presentedToken(headers));
  requireSender(principal);
  return principal;
}

async function keyPrincipal(
  { keys, clerk }: Pick<Identification, 'keys' | 'clerk'>,
  presented: string | undefined,
): Promise<Principal | undefined> {
  if (presented === undefined) return undefined;
  // A Clerk session token has dots between its parts. An API key has none.
  if (clerk !== undefined && presented.includes('.')) return undefined;
  const grant = await keys.grantOf(presented);
  return {
    kind: 'key',
    keyId: grant.id,
    app: grant.app,
    scopes: grant.scopes,
    environments: grant.environments,
    requestsPerMinute: grant.requestsPerMinute,
  };
}

/** An API key or a Clerk session token. */
function presentedToken(headers: IncomingHttpHeaders): string | undefined {
  const header = headers['x-api-key'];
  if (header !== undefined) return String(header).trim();
  const { authorization } = headers;
  if (authorization === undefined) return undefined;
  const [, token] = /^Bearer\s+(\S+)\s*$/i.exec(authorization) ?? [];
  if (token === undefined) {
    throw new DomainError('unauthorized', 'The Authorization header must be `Bearer xr_…`.');
  }
  return token;
}
