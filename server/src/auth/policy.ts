import { ROLES, type KeyScope, type Role } from '@xray/core';
import { DomainError } from '../errors.js';
import type { Principal } from './principal.js';

/**
 * What a route asks of who calls it; every route declares one. Those that name an app in their path
 * take `ingest`, `read`, `edit` or `own`.
 *
 * - `public`: nobody is asked who they are. `anyone`: they are, and need not be anybody.
 * - `ingest`: an API key with that scope. `read`: a viewer, or a key with that scope.
 * - `edit`: an editor. `own`: an owner. `user`: somebody who has signed in.
 * - `administer`: an administrator. `operate`: also this machine itself, for what watches the server.
 * - `console`: the command line on the server's machine, and nobody over the network.
 */
export type Policy =
  | 'public'
  | 'anyone'
  | 'ingest'
  | 'read'
  | 'edit'
  | 'own'
  | 'user'
  | 'administer'
  | 'operate'
  | 'console';

export interface Place {
  /** The app that the route names. */
  app: string | undefined;
  /** The request came from a program on this machine through no proxy, or with the token for `/metrics`. */
  isThisMachine: boolean;
}

/**
 * Throws unless `principal` may do what `policy` asks for. To whom an app is none of their business it
 * looks as if it did not exist.
 */
export function authorize(principal: Principal, policy: Policy, place: Place): void {
  switch (policy) {
    case 'public':
    case 'anyone':
      return;
    case 'ingest':
      return requireSender(principal);
    case 'read':
      if (principal.kind !== 'key') return requireRole(principal, 'viewer', place.app);
      requireScope(principal, 'read');
      if (place.app !== undefined && place.app !== principal.app) throw notFound('app');
      return;
    case 'edit':
      return requireRole(principal, 'editor', place.app);
    case 'own':
      return requireRole(principal, 'owner', place.app);
    case 'user':
      if (principal.kind === 'user') return;
      throw refusal(principal, 'This is for people who have signed in.');
    case 'operate':
      if (principal.kind === 'nobody' && place.isThisMachine) return;
      return requireAdministrator(principal);
    case 'administer':
      return requireAdministrator(principal);
    case 'console':
      if (principal.kind === 'administrator') return;
      throw refusal(
        principal,
        'This is for the command line on the server’s own machine: `npm run xray -- --help`.',
      );
  }
}

/** The policy `ingest`: nothing but an API key with that scope will do. */
export function requireSender(
  principal: Principal | undefined,
): asserts principal is Principal & { kind: 'key' } {
  if (principal?.kind !== 'key') {
    throw new DomainError(
      'unauthorized',
      'An API key is needed: send it as `Authorization: Bearer xr_…` or as `x-api-key`.',
    );
  }
  requireScope(principal, 'ingest');
}

export function isAdministrator(principal: Principal): boolean {
  return (
    principal.kind === 'administrator' ||
    (principal.kind === 'user' && principal.user.isAdministrator)
  );
}

export function notFound(what: string): DomainError {
  return new DomainError('not_found', `There is no such ${what}, or you may not see it.`);
}

function requireAdministrator(principal: Principal): void {
  if (isAdministrator(principal)) return;
  throw refusal(principal, 'Only an administrator may do this.');
}

function requireRole(principal: Principal, role: Role, app: string | undefined): void {
  if (isAdministrator(principal)) return;
  if (principal.kind !== 'user') {
    throw refusal(principal, 'An API key does not open this: sign in.');
  }
  if (app === undefined) return;
  if (principal.role === null) throw notFound('app');
  if (ROLES.indexOf(principal.role) >= ROLES.indexOf(role)) return;
  throw new DomainError(
    'forbidden',
    `In this app you are ${principal.role}; this is for ${role}s.`,
  );
}

function requireScope(principal: Principal & { kind: 'key' }, scope: KeyScope): void {
  if (principal.scopes.includes(scope)) return;
  throw new DomainError('forbidden', `This API key does not have the scope \`${scope}\`.`);
}

/** Who is nobody may come back as somebody; who is somebody may not. */
function refusal(principal: Principal, message: string): DomainError {
  if (principal.kind === 'nobody') return new DomainError('unauthorized', 'Sign in first.');
  return new DomainError('forbidden', message);
}
