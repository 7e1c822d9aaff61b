import type { z } from 'zod';
import { exportedExecutionSchema, parseJson, stringifyJson, type IngestResult } from '@xray/core';
import { readSnapshot, type ReadSnapshot } from '../records/read-snapshot.js';
import type { ExecutionRecord } from '../store/execution-record.js';
import type { ExecutionStore } from '../store/execution-store.js';

/** Executions that one transaction stores. */
const BATCH = 200;
const SNAPSHOT_START = '{"snapshot":';
const SERVER_START = ',"server":{';
const factsSchema = exportedExecutionSchema.shape.server;

/**
 * Stores the lines of an export of any app into `app`, with their original receive times. Under the
 * merge rule, a line that is already stored changes nothing.
 */
export async function importLines(
  store: ExecutionStore,
  app: string,
  lines: string[],
): Promise<IngestResult> {
  const result: IngestResult = { accepted: 0, duplicates: 0, superseded: 0, rejected: [] };
  for (let from = 0; from < lines.length; from += BATCH) {
    const read = lines.slice(from, from + BATCH).map((line) => readLine(line, app));
    const sound = read.flatMap((result) => (result.ok ? [result.record] : []));
    const saved = await store.saveExecutions(sound);
    const outcomes = saved.values();
    for (const [place, one] of read.entries()) {
      const outcome = one.ok ? outcomes.next().value : undefined;
      if (one.ok && one.spans.length > 0 && outcome?.kind !== 'erased') {
        await joinLine(store, app, one);
      }
      if (outcome?.kind === 'accepted') result.accepted++;
      else if (outcome?.kind === 'duplicate') result.duplicates++;
      else if (outcome?.kind === 'superseded' || outcome?.kind === 'erased') result.superseded++;
      else result.rejected.push({ index: from + place, ...refusalOf(one), retryable: false });
    }
  }
  return result;
}

/** Puts the spans of a line below its record. One that cannot be read costs only itself. */
async function joinLine(
  store: ExecutionStore,
  app: string,
  { record, spans }: Extract<ReadLine, { ok: true }>,
): Promise<void> {
  const { traceId } = record.header;
  if (traceId === null) return;
  const sender = { app, environments: null };
  const below = spans.flatMap((text) => {
    const read = readSnapshot(ofApp(text, app), sender, record.receivedAt);
    return read.ok && read.record.header.traceId === traceId ? [read.record] : [];
  });
  await store.joinSpans({ app, traceId }, below);
}

type ReadLine =
  | (Extract<ReadSnapshot, { ok: true }> & { spans: string[] })
  | Extract<ReadSnapshot, { ok: false }>;

function refusalOf(
  read: ReadLine,
): Pick<IngestResult['rejected'][number], 'executionId' | 'code' | 'message'> {
  if (read.ok) {
    const message = 'The database refused this snapshot.';
    return { executionId: read.record.executionId, code: 'storage', message };
  }
  const { executionId, code, message } = read;
  return { executionId, code, message };
}

/**
 * Cuts the snapshot's text out of its line, so that it is stored as it was sent. The last mark is
 * the true one: within a string its quotes would be escaped, and the server's facts have no such
 * key.
 */
function readLine(line: string, app: string): ReadLine {
  const cut = line.lastIndexOf(SERVER_START);
  if (!line.startsWith(SNAPSHOT_START) || cut < 0) return notALine();
  const given = parsedOrNothing(line.slice(cut + ',"server":'.length, -1));
  if (given === undefined) return notALine();
  const facts = factsSchema.safeParse(given);
  if (!facts.success) return wrongFact(facts.error);
  const text = ofApp(line.slice(SNAPSHOT_START.length, cut), app);
  const read = readSnapshot(text, { app, environments: null }, new Date(facts.data.receivedAt));
  if (!read.ok) return read;
  return { ok: true, record: withFacts(read.record, facts.data), spans: facts.data.spans ?? [] };
}

/** Restores what the merge rule remembered. Without it, a known conflict would be forgotten. */
function withFacts(
  record: ExecutionRecord,
  { merge, conflict }: { merge?: Partial<ExecutionRecord['merge']> | undefined; conflict: boolean },
): ExecutionRecord {
  return { ...record, merge: { ...record.merge, ...(merge ?? { contested: conflict }) } };
}

/** The text itself, if it is of this app. Otherwise it is serialized again with the new app id. */
function ofApp(text: string, app: string): string {
  const parsed = parsedOrNothing(text);
  if (typeof parsed !== 'object' || parsed === null || !('appId' in parsed)) return text;
  return parsed.appId === app ? text : stringifyJson({ ...parsed, appId: app });
}

function parsedOrNothing(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function wrongFact({ issues }: z.ZodError): ReadLine {
  const [issue] = issues;
  const message = `${['server', ...(issue?.path ?? [])].join('.')}: ${issue?.message ?? 'wrong'}`;
  return { ok: false, executionId: null, code: 'invalid', message, details: [] };
}

function notALine(): ReadLine {
  const message = 'This is not a line of an export: {"snapshot":…,"server":{…}}.';
  return { ok: false, executionId: null, code: 'invalid', message, details: [] };
}
