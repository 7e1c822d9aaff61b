import { setImmediate } from 'node:timers/promises';
import { sql, type RawBuilder } from 'kysely';
import { parseJson, type ErasureCount, type Snapshot } from '@xray/core';
import type { Driver } from '../driver.js';
import { storable } from '../json-for-postgres.js';

type Db = Driver['db'];

export interface Person {
  type: string;
  id: string;
}

/** An execution that may have the person among its candidates. */
export interface Suspect {
  id: number;
  bytes: number;
}

/** The bytes of bodies that are in memory at a time. A single body may be larger. */
const MAX_BYTES = 8 * 1024 * 1024;
const SUSPECTS_AT_ONCE = 500;

/**
 * Whether a step chose among people (`person: true`) and the person was one of them. A candidate
 * set without a type may contain any person.
 */
function hasPerson({ steps }: Snapshot, { type, id }: Person): boolean {
  // Subjects are stored, shown and asked for with storable texts.
  const isSame = (text: string, other: string): boolean => storable(text) === storable(other);
  return steps.some(
    ({ candidates: set }) =>
      set?.person === true &&
      isSame(set.type ?? type, type) &&
      (set.ledger?.ids.some((each) => isSame(each, id)) === true ||
        set.items.some((item) => isSame(item.id, id))),
  );
}

/** The executions that have the person among their candidates, by their current bodies. */
export async function withPerson(
  db: Db,
  suspects: Suspect[],
  person: Person,
): Promise<Set<number>> {
  const found = new Set<number>();
  for (const ids of piecesOf(suspects)) {
    const { rows } = await sql<{ execution: number; body: string }>`
      SELECT execution, body FROM xray.bodies WHERE execution = ANY (${ids}::bigint[])`.execute(db);
    for (const { execution, body } of rows) {
      // A body without escapes contains the id literally.
      if (!body.includes(person.id) && !body.includes('\\')) continue;
      if (hasPerson(parseJson(body) as Snapshot, person)) found.add(execution);
      await setImmediate();
    }
  }
  return found;
}

function piecesOf(suspects: Suspect[]): number[][] {
  const pieces: number[][] = [];
  let bytes = Infinity;
  for (const suspect of suspects) {
    bytes += suspect.bytes;
    if (bytes > MAX_BYTES) {
      pieces.push([]);
      bytes = suspect.bytes;
    }
    pieces.at(-1)?.push(suspect.id);
  }
  return pieces;
}

/**
 * Counts the executions of `from` that have the person among their candidates. `isHeld` marks the
 * protected ones.
 */
export async function countWithPerson(
  db: Db,
  { from, where, isHeld }: Record<'from' | 'where' | 'isHeld', RawBuilder<unknown>>,
  person: Person,
): Promise<{ erasable: ErasureCount; held: number }> {
  const erasable = { executions: 0, steps: 0, bytes: 0 };
  let held = 0;
  let last = 0;
  for (;;) {
    const { rows } = await sql<Suspect & { steps: number; isHeld: boolean }>`
      SELECT e.id, e.bytes, e.step_count AS steps, ${isHeld} AS "isHeld" FROM ${from}
      WHERE ${where} AND e.has_people AND e.id > ${last}::bigint
      ORDER BY e.id LIMIT ${SUSPECTS_AT_ONCE}`.execute(db);
    const found = await withPerson(db, rows, person);
    for (const row of rows.filter(({ id }) => found.has(id))) {
      if (row.isHeld) held++;
      else {
        erasable.executions++;
        erasable.steps += row.steps;
        erasable.bytes += row.bytes;
      }
    }
    const next = rows.at(-1);
    if (next === undefined || rows.length < SUSPECTS_AT_ONCE) return { erasable, held };
    last = next.id;
  }
}
