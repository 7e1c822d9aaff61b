import type { IngestResult } from '@xray/core';
import { DomainError } from '../errors.js';
import type { Store } from '../store/store.js';
import { readSnapshot, type ReadSnapshot } from './read-snapshot.js';
import { splitBody } from './split-body.js';

interface Delivery {
  /** The body, inflated. */
  body: Uint8Array;
  isNdjson: boolean;
  /** The app that the API key belongs to. */
  app: string;
  receivedAt: Date;
}

export interface Taken {
  allRejected: boolean;
  result: IngestResult;
}

/**
 * Takes the snapshots of one request and resolves when they are committed. Of several, each is taken
 * or rejected by itself; a single one that is not taken throws its DomainError.
 */
export async function takeExecutions(store: Store, delivery: Delivery): Promise<Taken> {
  const split = splitBody(decode(delivery.body), delivery.isNdjson);
  if (split.kind === 'malformed') throw new DomainError('invalid', split.message);
  const read = split.texts.map((text) => readSnapshot(text, delivery.app, delivery.receivedAt));
  const [only] = read;
  if (split.kind === 'single' && only?.ok === false) {
    throw new DomainError(only.code, only.message, only.details);
  }
  const taken = await save(store, read);
  const [refused] = taken.result.rejected;
  if (split.kind === 'single' && refused !== undefined) {
    throw new DomainError(refused.code, refused.message);
  }
  return taken;
}

async function save(store: Store, read: ReadSnapshot[]): Promise<Taken> {
  const result: IngestResult = { accepted: 0, duplicates: 0, superseded: 0, rejected: [] };
  const sound = read.flatMap((snapshot, index) =>
    snapshot.ok ? [{ index, record: snapshot.record }] : [],
  );
  const outcomes = await store.saveExecutions(sound.map(({ record }) => record));
  for (const [place, { index, record }] of sound.entries()) {
    const outcome = outcomes[place];
    switch (outcome?.kind) {
      case 'accepted':
        result.accepted++;
        break;
      case 'duplicate':
        result.duplicates++;
        break;
      case 'superseded':
        result.superseded++;
        break;
      default:
        result.rejected.push({
          index,
          executionId: record.executionId,
          code: 'storage',
          message: 'The database refused this snapshot; the others were stored.',
          retryable: false,
        });
    }
  }
  for (const [index, snapshot] of read.entries()) {
    if (snapshot.ok) continue;
    const { executionId, code, message } = snapshot;
    result.rejected.push({ index, executionId, code, message, retryable: false });
  }
  result.rejected.sort((a, b) => a.index - b.index);
  const allRejected = read.length > 0 && result.rejected.length === read.length;
  return { allRejected, result };
}

function decode(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new DomainError('invalid', 'The request body is not UTF-8.');
  }
}
