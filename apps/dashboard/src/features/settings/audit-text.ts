import type { AuditEntry } from '@xray/core';

export function actorName({ kind, id, name }: AuditEntry['actor']): string {
  switch (kind) {
    case 'administrator':
      return 'command line';
    case 'nobody':
      return 'nobody';
    case 'key':
      return `key ${name ?? id ?? ''}`.trim();
    case 'user':
      return name ?? id ?? 'somebody';
  }
}

/** Details in a line, as `name: value`. What is not there is not said. */
export function detailsText(details: AuditEntry['details']): string {
  return Object.entries(details)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' · ');
}
