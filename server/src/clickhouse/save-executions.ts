import { randomUUID } from 'node:crypto';
import { compareRanks, isConflict, mergeStates, type MergeState } from '@xray/core';
import { groupBy } from '../group-by.js';
import type { ExecutionRecord, SaveOutcome } from '../store/execution-record.js';
import type { Db } from './client.js';
import { flushRow, type Merged } from './flush-row.js';
import { writeHeader } from './headers.js';
import { asStored, encodeState, nextEpoch } from './rank.js';
import { readRecords, type StoredRecord } from './records.js';

/** Stores a batch in one insert, after a look at what is known of its executions. */
export async function saveExecutions(db: Db, records: ExecutionRecord[]): Promise<SaveOutcome[]> {
  const outcomes: SaveOutcome[] = records.map(() => ({ kind: 'superseded' }));
  for (const round of roundsOf(records)) await saveRound(db, round, outcomes);
  return outcomes;
}

/** All flushes of one execution in a round. */
interface Candidate {
  /** The winner among them. */
  record: ExecutionRecord;
  index: number;
  merge: MergeState;
  /** The indices in the batch of all of them. */
  folded: number[];
}

/** Splits a batch so that in each part all flushes of an execution have senders with the same limits. */
function roundsOf(records: ExecutionRecord[]): { record: ExecutionRecord; index: number }[][] {
  const rounds: { record: ExecutionRecord; index: number }[][] = [];
  const byKey = new Map<string, { limits: string; round: number }>();
  for (const [index, record] of records.entries()) {
    const limits = JSON.stringify(record.senderEnvironments);
    const last = byKey.get(keyOf(record));
    const round = last === undefined ? 0 : last.round + Number(last.limits !== limits);
    byKey.set(keyOf(record), { limits, round });
    (rounds[round] ??= []).push({ record, index });
  }
  return rounds;
}

async function saveRound(
  db: Db,
  round: { record: ExecutionRecord; index: number }[],
  outcomes: SaveOutcome[],
): Promise<void> {
  const candidates = foldByKey(round, outcomes);
  const known = await readKnown(db, candidates);
  const merged: Merged[] = [];
  const contradicted: { app: string; stored: StoredRecord }[] = [];
  for (const candidate of candidates) {
    const stored = known.get(keyOf(candidate.record));
    const { outcome, row, lateConflict } = mergeInto(candidate, stored);
    if (outcome.kind === 'outside_limits') {
      for (const index of candidate.folded) outcomes[index] = outcome;
      continue;
    }
    outcomes[candidate.index] = outcome;
    merged.push(row);
    if (lateConflict && stored !== undefined) {
      contradicted.push({ app: candidate.record.app, stored });
    }
  }
  if (merged.length === 0) return;
  await insertTwice(db, merged.map(flushRow));
  for (const { app, stored } of contradicted)
    await writeHeader(db, app, { ...stored, conflict: true });
}

/** After an error the same rows are sent again with the same token: what was written is not written twice. */
async function insertTwice(db: Db, rows: object[]): Promise<void> {
  const token = randomUUID();
  try {
    await db.insert('flushes', rows, token);
  } catch {
    await db.insert('flushes', rows, token);
  }
}

function keyOf({ app, executionId }: ExecutionRecord): string {
  return `${app}\n${executionId}`;
}

function foldByKey(
  round: { record: ExecutionRecord; index: number }[],
  outcomes: SaveOutcome[],
): Candidate[] {
  const byKey = new Map<string, Candidate>();
  for (const { record, index } of round) {
    const merge = asStored(record.merge);
    const before = byKey.get(keyOf(record));
    if (before === undefined) {
      byKey.set(keyOf(record), { record, index, merge, folded: [index] });
      continue;
    }
    const order = compareRanks(merge.winner, asStored(before.record.merge).winner);
    const both = { merge: mergeStates(merge, before.merge), folded: [...before.folded, index] };
    if (order === 0) outcomes[index] = { kind: 'duplicate' };
    byKey.set(keyOf(record), order > 0 ? { record, index, ...both } : { ...before, ...both });
  }
  return [...byKey.values()];
}

async function readKnown(db: Db, candidates: Candidate[]): Promise<Map<string, StoredRecord>> {
  const byApp = groupBy(candidates, ({ record }) => record.app);
  const known = new Map<string, StoredRecord>();
  for (const [app, group] of byApp) {
    const ids = group.map(({ record }) => record.executionId);
    const found = await readRecords(db, app, ids, { withBody: false });
    for (const [id, stored] of found) known.set(`${app}\n${id}`, stored);
  }
  return known;
}

interface MergeResult {
  outcome: SaveOutcome;
  row: Merged;
  /** The stored version stays, and is in conflict from now on. */
  lateConflict: boolean;
}

function mergeInto({ record, merge }: Candidate, stored: StoredRecord | undefined): MergeResult {
  const own = { atMs: record.header.at.getTime(), receivedAtMs: record.receivedAt.getTime() };
  const asFirst = (epoch: number, movedFromMs: number | null): MergeResult => ({
    outcome: { kind: 'accepted' },
    row: {
      record,
      encoded: encodeState(merge, epoch),
      conflict: isConflict(merge),
      ...own,
      movedFromMs,
      isSearched: true,
    },
    lateConflict: false,
  });
  if (stored === undefined) return asFirst(0, null);
  const movedFromMs = stored.atMs === own.atMs ? null : stored.atMs;
  // A sender with a limited key cannot keep an id from those who may write its environment.
  if (stored.senderEnvironments?.includes(record.header.environment) === false) {
    return asFirst(nextEpoch(stored.epoch), movedFromMs);
  }
  const all = mergeStates(merge, stored.state);
  const order = compareRanks(merge.winner, stored.state.winner);
  const conflict = isConflict(all);
  const wins = order > 0;
  const allowed = record.senderEnvironments?.includes(stored.environment) !== false;
  return {
    outcome: allowed
      ? { kind: wins ? 'accepted' : order === 0 ? 'duplicate' : 'superseded' }
      : { kind: 'outside_limits' },
    row: {
      record,
      encoded: encodeState(merge, stored.epoch),
      conflict: wins || order === 0 ? conflict : false,
      // A version that does not win meets the winner under its key, which then replaces it.
      ...(wins ? own : { atMs: stored.atMs, receivedAtMs: stored.receivedAtMs }),
      movedFromMs: wins ? movedFromMs : null,
      isSearched: order >= 0,
    },
    lateConflict: order < 0 && conflict && !stored.conflict,
  };
}
