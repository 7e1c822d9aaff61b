import { normalizeText, knownCandidates, type Snapshot, type Suggestion } from '@xray/core';
import type { Entry } from './directory.js';

/** A subject or candidate that an execution has, as suggestions find it. */
export interface Name extends Omit<Suggestion, 'at'> {
  /** The first characters of the id, as they are searched. */
  key: string;
  /** The row of the newest execution that has it. */
  execution: number;
  /** ms since the epoch. */
  at: number;
}

/** The number of characters of an id that suggestions are searched by. */
const MAX_KEY = 64;
// Postgres stores neither.
// oxlint-disable-next-line no-control-regex
const UNSTORABLE = /\u0000|\p{Surrogate}/u;

export function keyOfName(id: string): string {
  return normalizeText(id)
    .slice(0, MAX_KEY)
    .replace(/\p{Surrogate}$/u, '');
}

/** The names of executions, each once, with the newest execution that has it. */
export function namesOf(documents: (Entry & { snapshot: Snapshot })[]): Name[] {
  const names = new Map<string, Name>();
  for (const { id: execution, at, snapshot } of documents) {
    const add = (kind: Name['kind'], type: string, id: string): void => {
      const place = `${kind}\n${type}\n${id}`;
      const known = names.get(place);
      if (known !== undefined) {
        if (known.at < at) Object.assign(known, { execution, at });
        return;
      }
      if (id === '' || UNSTORABLE.test(id) || UNSTORABLE.test(type)) return;
      names.set(place, { kind, key: keyOfName(id), type, id, execution, at });
    };
    for (const { type, id } of snapshot.subjects ?? []) add('subject', type, id);
    for (const { candidates } of snapshot.steps) {
      if (!candidates) continue;
      for (const id of knownCandidates(candidates).keys()) add('candidate', '', id);
    }
  }
  return [...names.values()];
}
