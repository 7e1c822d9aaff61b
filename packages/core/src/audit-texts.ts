import type { AuditEntry } from './access.js';

/** Each action of the audit log as a phrase that follows the name of a person. */
export const AUDIT_ACTIONS: Record<string, string> = {
  'app.change': 'changed the app',
  'app.create': 'created the app',
  backup: 'made a backup',
  'clerk.sync': 'took over a person from Clerk',
  'dictionary.change': 'changed the dictionary',
  'evidence.read': 'read the evidence of an execution',
  'execution.erase': 'erased an execution',
  'execution.proof': 'read the proof of an execution',
  'execution.prune': 'erased executions',
  export: 'exported executions',
  'fairness.join': 'compared groups from a file',
  import: 'imported executions',
  'invitation.accept': 'accepted an invitation',
  'invitation.create': 'invited somebody',
  'invitation.revoke': 'revoked an invitation',
  'key.create': 'created an API key',
  'key.revoke': 'revoked an API key',
  'key.rotate': 'rotated an API key',
  'letter.write': 'wrote a letter',
  'member.change': 'changed the role of a member',
  'member.remove': 'removed a member',
  'payload.view': 'viewed payloads',
  reindex: 'rebuilt the derived data',
  'otlp.change': 'changed how OpenTelemetry traces are taken',
  'replay.start': 'started a replay run',
  'replay.results': 'stored results of a replay run',
  'replay.finish': 'finished a replay run',
  'replay.read': 'read results of a replay run',
  'retention.change': 'changed the retention rules',
  'setup.claim': 'became the first administrator',
  'transfer.add': 'imported keys and rules',
  'transfer.read': 'exported keys and rules',
  'user.change': 'changed the rights of a person',
  'user.change-password': 'changed their password',
  'user.create': 'created an account',
  'user.link': 'created a sign-in or password link',
  'user.remove': 'deleted an account',
  'user.rename': 'changed their name',
  'user.reset-password': 'reset their password',
  'user.sign-in': 'signed in',
  'outcomes.save': 'set what outcomes mean',
  'view.remove': 'deleted a saved view',
  'view.rename': 'renamed a saved view',
  'view.save': 'saved a view',
};

/** The phrase of an action. An unknown action is returned unchanged. */
export function auditActionText(action: string): string {
  return AUDIT_ACTIONS[action] ?? action;
}

/** The actor of an entry. The command line names the user of the server's operating system. */
export function auditActorText({ kind, id, name }: AuditEntry['actor']): string {
  switch (kind) {
    case 'administrator':
      return name === null ? 'command line' : `command line (${name})`;
    case 'nobody':
      return 'nobody';
    case 'key':
      return `key ${name ?? id ?? ''}`.trim();
    case 'user':
      return name ?? id ?? 'somebody';
  }
}
