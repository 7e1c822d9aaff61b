import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import { parseJson, type Snapshot } from '@xray/core';
import { candidateFates } from '../../segments/build.js';
import { candidateHash, withoutAppearances } from '../../segments/candidate-blocks.js';
import {
  DIRECTORY_BLOCK,
  blankEntries,
  checkOf,
  readDirectoryBlock,
} from '../../segments/directory.js';
import {
  CANDIDATES,
  DIRECTORY,
  SEGMENT_FORMAT,
  TERMS,
  blockNumber,
  type Block,
} from '../../segments/segment.js';
import { withoutPlaces } from '../../segments/term-blocks.js';
import { termsOf } from '../../segments/terms.js';
import type { Driver } from '../driver.js';
import { cutBlock, packBlocks } from './index-building.js';

type Db = Driver['db'];

/** Blocks that are read and written back at a time. */
const MAX_BLOCKS = 256;

/** The keys by which an execution's traces are found in a segment. */
interface Doomed {
  check: number;
  hashes: number[];
  candidates: number[];
}

interface SegmentRow {
  id: number;
  term_bits: number;
  candidate_bits: number;
  format: number;
}

/**
 * Removes executions from every segment before they are deleted: their words, their appearances as
 * candidates, and their entries. An index builder waits for this transaction, and then discards
 * what it built from older reads.
 */
export async function eraseFromIndex(tx: Db, app: string, ids: number[]): Promise<void> {
  if (ids.length === 0) return;
  await sql`UPDATE xray.indexing SET erasures = erasures + 1`.execute(tx);
  // These blocks belong to segments that are being built, or were when a process ended.
  await sql`
    DELETE FROM xray.segment_blocks b
    WHERE NOT EXISTS (SELECT FROM xray.segments s WHERE s.id = b.segment)`.execute(tx);
  const doomed = await readDoomed(tx, ids);
  const { rows: segments } = await sql<SegmentRow>`
    SELECT id, term_bits, candidate_bits, format FROM xray.segments WHERE app = ${app}
    ORDER BY id`.execute(tx);
  for (const segment of segments) await eraseFromSegment(tx, segment, doomed);
}

async function readDoomed(tx: Db, ids: number[]): Promise<Map<number, Doomed>> {
  const { rows } = await sql<{ id: number; xact: string; body: string }>`
    SELECT e.id, e.xact::text AS xact, b.body
    FROM xray.executions e JOIN xray.bodies b ON b.execution = e.id
    WHERE e.id = ANY (${ids}::bigint[])`.execute(tx);
  const doomed = new Map<number, Doomed>();
  for (const { id, xact, body } of rows) {
    const snapshot = parseJson(body) as Snapshot;
    doomed.set(id, {
      check: checkOf(xact),
      hashes: [...termsOf(snapshot)],
      candidates: Array.from(candidateFates(snapshot), (candidate) => candidateHash(candidate.id)),
    });
    await setImmediate();
  }
  return doomed;
}

async function eraseFromSegment(
  tx: Db,
  segment: SegmentRow,
  doomed: Map<number, Doomed>,
): Promise<void> {
  const places = new Set<number>();
  // The traces of an older version are no longer known.
  let isKnown = segment.format === SEGMENT_FORMAT;
  const found: Doomed[] = [];
  await rewriteBlocks(tx, segment.id, DIRECTORY, undefined, (block, number) => {
    const { ids, checks } = readDirectoryBlock(block);
    const segmentPlaces: number[] = [];
    for (const [place, id] of ids.entries()) {
      const execution = doomed.get(id);
      if (execution === undefined) continue;
      segmentPlaces.push(place);
      places.add(number * DIRECTORY_BLOCK + place);
      found.push(execution);
      isKnown &&= checks[place] === execution.check;
    }
    return segmentPlaces.length > 0 ? blankEntries(block, segmentPlaces) : undefined;
  });
  if (places.size === 0) return;
  const numbers = (hashesOf: (execution: Doomed) => number[], bits: number): number[] | undefined =>
    isKnown
      ? [...new Set(found.flatMap(hashesOf).map((hash) => blockNumber(hash, bits)))]
      : undefined;
  const terms = numbers(({ hashes }) => hashes, segment.term_bits);
  await rewriteBlocks(tx, segment.id, TERMS, terms, (block) => withoutPlaces(block, places));
  const candidates = numbers((execution) => execution.candidates, segment.candidate_bits);
  await rewriteBlocks(tx, segment.id, CANDIDATES, candidates, (block) =>
    withoutAppearances(block, places),
  );
}

/** Replaces each block by the result of `rewrite`; all blocks if no numbers are given. */
async function rewriteBlocks(
  tx: Db,
  segment: number,
  kind: Block['kind'],
  numbers: number[] | undefined,
  rewrite: (block: Uint8Array, number: number) => Uint8Array | undefined,
): Promise<void> {
  const isMeant = numbers === undefined ? sql`true` : sql`number = ANY (${numbers}::int[])`;
  let last = -1;
  for (;;) {
    const { rows } = await sql<{ number: number; body: Uint8Array }>`
      SELECT number, body FROM xray.segment_blocks
      WHERE segment = ${segment} AND kind = ${kind} AND number > ${last} AND ${isMeant}
      ORDER BY number LIMIT ${MAX_BLOCKS}`.execute(tx);
    const changed = rows.flatMap(({ number, body }): Block[] => {
      const rewritten = rewrite(body, number);
      return rewritten === undefined ? [] : [{ kind, number, body: rewritten }];
    });
    if (changed.length > 0) {
      const { pack, from } = packBlocks(changed);
      await sql`
        UPDATE xray.segment_blocks b SET body = ${cutBlock(pack)}
        FROM ${from} WHERE b.segment = ${segment} AND b.kind = t.kind AND b.number = t.number`.execute(
        tx,
      );
    }
    if (rows.length < MAX_BLOCKS) return;
    last = rows.at(-1)?.number ?? 0;
    await setImmediate();
  }
}
