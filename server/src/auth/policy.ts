import { ROLES, type KeyScope, type Role } from '@xray/core';
import { DomainError } from '../errors.js';
import type { Principal } from './principal.js';

/**
 * The callers that a route admits. Every route declares a policy. Routes with an app in their path
 * use `ingest`, `read`, `edit` or `own`.
 *
 * - `public`: everybody; the caller is not identified. `anyone`: everybody; the caller is
 * identified if they signed in.
 * - `ingest`: an API key with that scope. `read`: a viewer, or a key with that scope.
 * - `pull`: as `read`, or a key with the scope `replay`. `replay`: a key with that scope.
 * - `edit`: an editor. `own`: an owner. `user`: a person who has signed in.
 * - `administer`: an administrator. `operate`: also programs on this machine, such as monitoring.
 * - `console`: only the command line on the server's machine.
 */
export type Policy =
  | 'public'
  | 'anyone'
  | 'ingest'
  | 'read'
  | 'pull'
  | 'replay'
  | 'edit'
  | 'own'
  | 'user'
  | 'administer'
  | 'operate'
  | 'console';

export interface Place {
  /** The app that the route names. */
  app: string | undefined;
  /**
   * The request came from a program on this machine without a proxy, or with the token for
   * `/metrics`.
   */
  isThisMachine: boolean;
}

/**
 * Throws unless `policy` admits the principal. A caller without any right to an app gets the same
 * answer as if it did not exist.
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
    case 'pull':
    case 'replay':
      if (principal.kind !== 'key') {
        if (policy === 'pull') return requireRole(principal, 'viewer', place.app);
        throw needsKey();
      }
      if (policy === 'replay' || !principal.scopes.includes('read')) {
        requireScope(principal, 'replay');
      }
      if (place.app !== undefined && place.app !== principal.app) throw notFound('app');
      return;
    case 'edit':
      return requireRole(principal, 'editor', place.app);
    case 'own':
      return requireRole(principal, 'owner', place.app);
    case 'user':
      if (principal.kind === 'user') return;
      throw refusal(principal, 'Sign in to do this.');
    case 'operate':
      if (principal.kind === 'nobody' && place.isThisMachine) return;
      return requireAdministrator(principal);
    case 'administer':
      return requireAdministrator(principal);
    case 'console':
      if (principal.kind === 'administrator') return;
      throw refusal(
        principal,
        'Only the command line on the server’s machine can do this: `npm run xray -- --help`.',
      );
  }
}

/** The policy `ingest`: it admits only an API key with that scope. */
export function requireSender(
  principal: Principal | undefined,
): asserts principal is Principal & { kind: 'key' } {
  if (principal?.kind !== 'key') {
    throw needsKey();
  }
  requireScope(principal, 'ingest');
}

function needsKey(): DomainError {
  return new DomainError(
    'unauthorized',
    'This needs an API key. Send it as `Authorization: Bearer xr_…` or as `x-api-key`.',
  );
}

export function isAdministrator(principal: Principal): boolean {
  return (
    principal.kind === 'administrator' ||
    (principal.kind === 'user' && principal.user.isAdministrator)
  );
}

export function notFound(what: string): DomainError {
  return new DomainError('not_found', `This ${what} does not exist, or you have no access to it.`);
}

function requireAdministrator(principal: Principal): void {
  if (isAdministrator(principal)) return;
  throw refusal(principal, 'Only an administrator can do this.');
}

function requireRole(principal: Principal, role: Role, app: string | undefined): void {
  if (isAdministrator(principal)) return;
  if (principal.kind !== 'user') {
    throw refusal(principal, 'An API key cannot do this. Sign in.');
  }
  if (app === undefined) return;
  if (principal.role === null) throw notFound('app');
  if (ROLES.indexOf(principal.role) >= ROLES.indexOf(role)) return;
  throw new DomainError(
    'forbidden',
    `Your role in this app is ${principal.role}. This needs the role ${role}.`,
  );
}

function requireScope(principal: Principal & { kind: 'key' }, scope: KeyScope): void {
  if (principal.scopes.includes(scope)) return;
  throw new DomainError('forbidden', `This API key does not have the scope \`${scope}\`.`);
}

/** 401 when nobody is signed in, 403 when the caller is known. */
function refusal(principal: Principal, message: string): DomainError {
  if (principal.kind === 'nobody') return new DomainError('unauthorized', 'Sign in to do this.');
  return new DomainError('forbidden', message);
}
