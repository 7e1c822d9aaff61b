import type { Lookup } from '@xray/core';

/** What an id can be the history of. */
export type Role = { kind: 'candidate' } | { kind: 'subject'; type: string };

export interface FoundRole {
  role: Role;
  /** As the address names it. */
  name: string;
  executions: number;
}

const CANDIDATE = 'candidate';
/** A subject's type may be called candidate too; it is told apart by this. */
const SUBJECT_PREFIX = 'subject:';

/** What the id was found as, most executions first. */
export function rolesOf({
  candidate,
  subjects,
}: Pick<Lookup, 'candidate' | 'subjects'>): FoundRole[] {
  const found: FoundRole[] = subjects.map(({ type, executions }) => ({
    role: { kind: 'subject', type },
    name: roleName({ kind: 'subject', type }),
    executions,
  }));
  if (candidate > 0) {
    found.push({ role: { kind: 'candidate' }, name: CANDIDATE, executions: candidate });
  }
  return found
    .filter(({ executions }) => executions > 0)
    .toSorted((a, b) => b.executions - a.executions || (a.name < b.name ? -1 : 1));
}

export function roleName(role: Role): string {
  return role.kind === 'candidate' ? CANDIDATE : `${SUBJECT_PREFIX}${role.type}`;
}

/** The role that the address asks for, whether it was found or not; null for what names none. */
export function roleOf(name: string | null): Role | null {
  if (name === CANDIDATE) return { kind: 'candidate' };
  if (name === null || !name.startsWith(SUBJECT_PREFIX)) return null;
  const type = name.slice(SUBJECT_PREFIX.length);
  return type === '' ? null : { kind: 'subject', type };
}
