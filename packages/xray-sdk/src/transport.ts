import { compress, post, postNow } from '#platform';

import { readAnswer, type SendResult, type Sent } from './answer.js';
import { isoTime } from './clock.js';
import { joinSnapshots } from './memory-queue.js';
import type { Settings } from './options.js';
import type { Bytes, Post } from './platform.js';
import type { Queued } from './queue.js';

/** A batch as sent over the wire. Each retry sends the same bytes. */
export interface FrozenBatch {
  readonly bytes: Bytes;
  readonly headers: Readonly<Record<string, string>>;
}

const MIN_COMPRESSED_BYTES = 4 * 1024;
/**
 * A longer answer is not from X-Ray. A receipt needs some hundred characters for a rejected
 * snapshot.
 */
const ANSWER_LENGTH = 64 * 1024;
const REJECTION_LENGTH = 4 * 1024;

/**
 * Joins snapshots into one body: a single one as JSON, several as NDJSON. Compresses a large body.
 */
export async function freezeBatch(
  snapshots: readonly Pick<Queued, 'body'>[],
  settings: Settings,
): Promise<FrozenBatch> {
  const { bytes, headers } = joinBatch(snapshots, settings);
  if (!settings.delivery.compress || bytes.length < MIN_COMPRESSED_BYTES) return { bytes, headers };
  try {
    const compressed = await compress(bytes);
    const encoded = { ...headers, 'content-encoding': compressed.encoding };
    return { bytes: compressed.bytes, headers: encoded };
  } catch {
    return { bytes, headers };
  }
}

function joinBatch(snapshots: readonly Pick<Queued, 'body'>[], settings: Settings): FrozenBatch {
  const bytes = joinSnapshots(snapshots, isoTime(settings.clock.wallMs()));
  const headers = {
    authorization: `Bearer ${settings.apiKey}`,
    'content-type': snapshots.length === 1 ? 'application/json' : 'application/x-ndjson',
  };
  return { bytes, headers };
}

/** Makes one attempt. Never rejects. */
export async function sendBatch(
  batch: FrozenBatch,
  sent: Sent,
  settings: Settings,
): Promise<SendResult> {
  const answer = await post(postOf(batch, sent, settings, settings.delivery.timeoutMs));
  return readAnswer(answer, sent, settings.clock.wallMs());
}

/** Makes one attempt without compression, while the thread waits. Never throws. */
export function sendNow(
  snapshots: readonly Queued[],
  settings: Settings,
  timeoutMs: number,
): SendResult {
  const batch = joinBatch(snapshots, settings);
  const answer = postNow(postOf(batch, snapshots, settings, timeoutMs));
  return readAnswer(answer, snapshots, settings.clock.wallMs());
}

function postOf(
  { bytes, headers }: FrozenBatch,
  sent: Sent,
  { url }: Settings,
  timeoutMs: number,
): Post {
  const maxAnswerLength = ANSWER_LENGTH + sent.length * REJECTION_LENGTH;
  return { url, headers, body: bytes, timeoutMs, maxAnswerLength };
}
