import type { Lookup } from '@xray/core';

/** The kinds of histories that an id can have. */
export type Role = { kind: 'candidate' } | { kind: 'subject'; type: string };

export interface FoundRole {
  role: Role;
  /** The role's name in the address. */
  name: string;
  executions: number;
}

const CANDIDATE = 'candidate';
/** A subject's type may also be "candidate". This prefix distinguishes the two. */
const SUBJECT_PREFIX = 'subject:';

/** The roles in which the id was found, most executions first. */
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

/** The role in the address, whether it was found or not; null for an unknown name. */
export function roleOf(name: string | null): Role | null {
  if (name === CANDIDATE) return { kind: 'candidate' };
  if (name === null || !name.startsWith(SUBJECT_PREFIX)) return null;
  const type = name.slice(SUBJECT_PREFIX.length);
  return type === '' ? null : { kind: 'subject', type };
}
