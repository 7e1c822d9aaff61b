import { parseTime } from './clock.js';
import type { Answer } from './platform.js';
import type { Queued } from './queue.js';

/** The result of a request for its batch. Only X-Ray's own answers settle a snapshot. */
export type SendResult =
  /** X-Ray's receipt: it stored every snapshot that `rejected` does not list. */
  | { readonly kind: 'delivered'; readonly rejected: readonly RejectedItem[] }
  /** X-Ray refused the whole batch. */
  | { readonly kind: 'refused'; readonly status: number }
  /** X-Ray cannot store it now, or no server answered. Try again, not before `retryAfterMs`. */
  | {
      readonly kind: 'unavailable';
      readonly retryAfterMs: number | undefined;
      readonly message: string;
    }
  /** Another server answered, such as a proxy or a login page. The snapshots stay in the queue. */
  | {
      readonly kind: 'foreign';
      readonly retryAfterMs: number | undefined;
      readonly status: number;
      readonly message: string;
    };

/** A snapshot that the server did not store, by its place in the batch. */
export interface RejectedItem {
  readonly index: number;
  readonly isRetryable: boolean;
  readonly isTooLarge: boolean;
}

/** The snapshots of the request that an answer belongs to. */
export type Sent = readonly Pick<Queued, 'executionId'>[];

/** The statuses with which X-Ray refuses a request (docs/wire-format.md, Sending). */
const REFUSALS = new Set([400, 401, 403, 413, 415, 422, 500]);

/** Every error of X-Ray: its status and its code. A test compares the list with the server's. */
export const ERRORS =
  '400invalid 401unauthorized 403forbidden 403app_mismatch 404not_found 405method_not_allowed ' +
  '409conflict 410erased 413too_large 415unsupported_type 415unsupported_encoding 422storage 422too_broad ' +
  '429rate_limited 500internal 503unavailable';
/** The codes with which X-Ray rejects a snapshot. */
export const REJECTIONS = ['invalid', 'too_large', 'app_mismatch', 'storage'];
/** The server makes the id with `randomUUID`. */
const REQUEST_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Reads an answer to a batch. X-Ray's answers have one of two shapes (docs/wire-format.md): a receipt
 * whose counts add up to the batch, or an error whose code belongs to the status.
 */
export function readAnswer(answer: Answer, sent: Sent, nowMs: number): SendResult {
  if (answer.kind === 'unreachable') {
    return { kind: 'unavailable', retryAfterMs: undefined, message: answer.message };
  }
  const { status } = answer;
  const body = parseObject(answer.body);
  const rejected = readReceipt(status, body, sent);
  if (rejected !== undefined) return { kind: 'delivered', rejected };
  const retryAfterMs = readRetryAfter(answer, nowMs);
  if (isError(status, body)) {
    if (REFUSALS.has(status)) return { kind: 'refused', status };
    return {
      kind: 'unavailable',
      retryAfterMs,
      message: `the server answered ${String(status)}`,
    };
  }
  return { kind: 'foreign', status, retryAfterMs, message: describe(answer) };
}

type JsonObject = Readonly<Record<string, unknown>>;

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads `{accepted, duplicates, superseded, rejected}`. The status is 202, or 400 if all are rejected. */
function readReceipt(
  status: number,
  body: JsonObject | undefined,
  sent: Sent,
): readonly RejectedItem[] | undefined {
  if (body === undefined || (status !== 202 && status !== 400)) return undefined;
  const { accepted, duplicates, superseded, rejected } = body;
  if (!Array.isArray(rejected)) return undefined;
  if (!isCount(accepted) || !isCount(duplicates) || !isCount(superseded)) return undefined;
  if (accepted + duplicates + superseded + rejected.length !== sent.length) return undefined;
  if (status === 400 && rejected.length !== sent.length) return undefined;
  const items = (rejected as unknown[]).flatMap((item) => readRejected(item, sent) ?? []);
  const places = new Set(items.map(({ index }) => index));
  return places.size === rejected.length ? items : undefined;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** Returns `undefined` unless the item names a snapshot of the request. */
function readRejected(item: unknown, sent: Sent): RejectedItem | undefined {
  if (!isObject(item)) return undefined;
  const { index, executionId, code, message, retryable } = item;
  if (!isCount(index) || typeof message !== 'string' || typeof retryable !== 'boolean')
    return undefined;
  if (typeof code !== 'string' || !REJECTIONS.includes(code)) return undefined;
  const snapshot = sent[index];
  if (snapshot === undefined) return undefined;
  if (typeof executionId === 'string' && executionId !== snapshot.executionId) return undefined;
  return { index, isRetryable: retryable, isTooLarge: code === 'too_large' };
}

/** `{error: {code, message, requestId}}` with a code that X-Ray gives with this status. */
function isError(status: number, body: JsonObject | undefined): boolean {
  const error = body?.['error'];
  if (!isObject(error)) return false;
  const { code, message, requestId } = error;
  return (
    typeof code === 'string' &&
    ERRORS.split(' ').includes(`${String(status)}${code}`) &&
    typeof message === 'string' &&
    typeof requestId === 'string' &&
    REQUEST_ID.test(requestId)
  );
}

/**
 * Reads seconds or a date (RFC 9110, 10.2.3). The header `date` gives the server's clock for the
 * comparison.
 */
function readRetryAfter(
  { retryAfter, date }: Extract<Answer, { kind: 'answered' }>,
  nowMs: number,
): number | undefined {
  if (retryAfter === undefined) return undefined;
  const serverMs = parseTime(date ?? '');
  const waitMs = /^\d+$/.test(retryAfter)
    ? Number(retryAfter) * 1_000
    : parseTime(retryAfter) - (Number.isNaN(serverMs) ? nowMs : serverMs);
  return waitMs > 0 ? waitMs : undefined;
}

function describe({ status, location }: Extract<Answer, { kind: 'answered' }>): string {
  const isRedirect = status === 0 || (status >= 300 && status < 400);
  if (!isRedirect) return `an answer ${String(status)} that is not X-Ray's`;
  const target = location === undefined ? '' : ` to ${withoutQuery(location)}`;
  return `a redirect${target}: set the endpoint to the server itself`;
}

/** Removes the query, which may hold secrets. */
function withoutQuery(location: string): string {
  return location.slice(0, 200).replace(/[?#].*$/s, '');
}
