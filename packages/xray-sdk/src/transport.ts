import { gzip, post } from '#platform';

import { isoTime } from './clock.js';
import type { Settings } from './options.js';
import type { Answer } from './platform.js';
import type { Queued } from './queue.js';

/** What a request did to each snapshot of its batch, or why it did nothing yet. */
export type SendResult =
  | {
      readonly kind: 'delivered';
      readonly rejected: readonly RejectedItem[];
      readonly isConfirmed: boolean;
    }
  /** The whole batch was refused for good. */
  | { readonly kind: 'refused'; readonly status: number }
  /** Try again, not before `retryAfterMs` where the server said so. */
  | {
      readonly kind: 'unavailable';
      readonly retryAfterMs: number | undefined;
      readonly message: string;
    };

/** A snapshot of a batch that the server did not take, by its place in the batch. */
export interface RejectedItem {
  readonly index: number;
  readonly isRetryable: boolean;
  readonly isTooLarge: boolean;
}

/** A batch as it goes over the wire, frozen: each retry sends these very bytes. */
export interface FrozenBatch {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly headers: Readonly<Record<string, string>>;
}

const MIN_GZIP_BYTES = 4 * 1024;
const RETRYABLE = new Set([408, 425, 429, 502, 503, 504]);

const encoder = new TextEncoder();

/** Joins snapshots into one body: one as JSON, more as NDJSON, compressed when it is worth it. */
export async function freezeBatch(
  snapshots: readonly Pick<Queued, 'body'>[],
  settings: Settings,
): Promise<FrozenBatch> {
  const bytes = joinSnapshots(snapshots, isoTime(settings.clock.wallMs()));
  const headers = {
    authorization: `Bearer ${settings.apiKey}`,
    'content-type': snapshots.length === 1 ? 'application/json' : 'application/x-ndjson',
  };
  if (!settings.delivery.gzip || bytes.length < MIN_GZIP_BYTES) return { bytes, headers };
  try {
    const zipped = await gzip(bytes);
    if (zipped === undefined) return { bytes, headers };
    return { bytes: zipped, headers: { ...headers, 'content-encoding': 'gzip' } };
  } catch {
    return { bytes, headers };
  }
}

/** One after the other, each one's closing brace overwritten by the time of sending. */
function joinSnapshots(
  snapshots: readonly Pick<Queued, 'body'>[],
  sentAt: string,
): Uint8Array<ArrayBuffer> {
  const stamp = encoder.encode(`,"sentAt":"${sentAt}"}\n`);
  const room = snapshots.reduce((sum, item) => sum + item.body.length + stamp.length, 0);
  const body = new Uint8Array(room);
  let end = 0;
  for (const snapshot of snapshots) {
    body.set(snapshot.body, end);
    end += snapshot.body.length - 1;
    body.set(stamp, end);
    end += stamp.length;
  }
  return body.subarray(0, end - 1);
}

/** One attempt. Never rejects. */
export async function sendBatch(
  batch: FrozenBatch,
  settings: Settings,
  timeoutMs: number,
): Promise<SendResult> {
  const { url } = settings;
  const answer = await post({ url, headers: batch.headers, body: batch.bytes, timeoutMs });
  return interpret(answer, settings.clock.wallMs());
}

function interpret(answer: Answer, nowMs: number): SendResult {
  if (answer.kind === 'unreachable') {
    return { kind: 'unavailable', retryAfterMs: undefined, message: answer.message };
  }
  const { status } = answer;
  if (status >= 200 && status < 300) return { kind: 'delivered', ...readReceipt(answer.body) };
  if (RETRYABLE.has(status)) {
    const retryAfterMs = readRetryAfter(answer.retryAfter, nowMs);
    return { kind: 'unavailable', retryAfterMs, message: `the server answered ${String(status)}` };
  }
  return { kind: 'refused', status };
}

/** Seconds or a date (RFC 9110, 10.2.3). */
function readRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const seconds = Number(header);
  const waitMs = Number.isNaN(seconds) ? Date.parse(header) - nowMs : seconds * 1_000;
  return waitMs > 0 ? waitMs : undefined;
}

/** An answer that is no receipt still means that something took the batch: delivered, though unconfirmed. */
function readReceipt(body: string): { rejected: readonly RejectedItem[]; isConfirmed: boolean } {
  try {
    const receipt: unknown = JSON.parse(body);
    if (typeof receipt === 'object' && receipt !== null && 'accepted' in receipt) {
      const listed =
        'rejected' in receipt && Array.isArray(receipt.rejected) ? receipt.rejected : [];
      return { rejected: (listed as unknown[]).flatMap(readRejected), isConfirmed: true };
    }
  } catch {
    // Not JSON: not our server, or a proxy in between.
  }
  return { rejected: [], isConfirmed: false };
}

function readRejected(item: unknown): RejectedItem[] {
  if (typeof item !== 'object' || item === null || !('index' in item)) return [];
  if (typeof item.index !== 'number') return [];
  return [
    {
      index: item.index,
      isRetryable: 'retryable' in item && item.retryable === true,
      isTooLarge: 'code' in item && item.code === 'too_large',
    },
  ];
}
