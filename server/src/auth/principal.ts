import { auditActorText, type AuditEntry, type KeyScope, type Role, type User } from '@xray/core';

/**
 * The caller. An `administrator` comes through the socket in the data directory, which only the owner of the
 * files can open. A `user` has signed in, and `role` is their role in the route's app.
 */
export type Principal =
  | { kind: 'nobody' }
  | { kind: 'administrator'; systemUser: string | null }
  | { kind: 'user'; user: User; role: Role | null }
  | {
      kind: 'key';
      keyId: string;
      app: string;
      scopes: KeyScope[];
      /** The environments that the key may send for; null means any. */
      environments: string[] | null;
      requestsPerMinute: number | null;
    };

/** The way a request came in: over the network, or through the data directory's socket. */
export type Door = 'network' | 'socket';

/** The caller in the form of the audit log. */
export function actorOf(principal: Principal): AuditEntry['actor'] {
  switch (principal.kind) {
    case 'user':
      return { kind: 'user', id: principal.user.id, name: principal.user.email };
    case 'key':
      return { kind: 'key', id: principal.keyId, name: null };
    case 'administrator':
      return { kind: 'administrator', id: null, name: principal.systemUser };
    default:
      return { kind: 'nobody', id: null, name: null };
  }
}

/** A name for the credential, for limits that give each credential a share. */
export function credentialOf(principal: Principal): string {
  const { kind, id } = actorOf(principal);
  return `${kind} ${id ?? ''}`;
}

/** The caller's name, as people see it. */
export function nameOf(principal: Principal): string {
  return auditActorText(actorOf(principal));
}
