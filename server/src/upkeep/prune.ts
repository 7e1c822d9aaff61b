import { setTimeout } from 'node:timers/promises';
import type { ErasureCount, ErasureReceipt, PruneResult, RetentionRule } from '@xray/core';
import { DomainError } from '../errors.js';
import type { NewAuditEntry } from '../store/access-store.js';
import { decodeCursor, encodeCursor, fromCursor } from '../query/cursor.js';
import type { Place } from '../store/answers.js';
import type { ErasureScope, NamedErasure } from '../store/execution-store.js';
import { eraseWaitingSubject } from './erase-waiting.js';
import type { ErasureCause, ErasureMetrics } from './metrics.js';
import type { AccountStore } from '../store/account-store.js';
import type { ExecutionStore } from '../store/execution-store.js';

/** The store that erases, and the metrics that count it. */
export interface Eraser {
  accounts: AccountStore;
  executions: ExecutionStore;
  erasures: ErasureMetrics;
}

/** Makes the audit entry for what one transaction erased. */
type EraseAudit = (erased: ErasureCount, receipt: string | null) => NewAuditEntry;

export interface Walk {
  erased: ErasureCount;
  receipt: ErasureReceipt | null;
  /** Where the walk stopped; undefined at the end. */
  next: Place | undefined;
  /** Another instance was erasing, and this one was not told to wait. */
  gaveWay: boolean;
}

/**
 * Erases batch after batch until the end of the scope or until `mayGoOn` returns false. After each
 * batch it rests `restRatio` times as long as the batch took, so that ingest keeps its share of the
 * database.
 */
export async function eraseInBatches(
  { executions, erasures }: Eraser,
  scope: ErasureScope,
  options: {
    cause: ErasureCause;
    after: Place | undefined;
    wait: boolean;
    restRatio: number;
    mayGoOn: () => boolean;
    named?: NamedErasure | undefined;
    audit?: EraseAudit;
  },
): Promise<Walk> {
  const erased = { executions: 0, steps: 0, bytes: 0 };
  let receipt: ErasureReceipt | null = null;
  let next = options.after;
  do {
    const startedAt = performance.now();
    const batch = await executions.eraseBatch(scope, next, {
      ...options,
      named: options.named && { ...options.named, receipt: receipt?.id ?? options.named.receipt },
    });
    if (batch === undefined) return { erased, receipt, next, gaveWay: true };
    receipt = batch.receipt ?? receipt;
    addTo(erased, batch.erased);
    erasures.count(scope.app, options.cause, batch.erased);
    next = batch.next;
    if (next !== undefined) {
      const restMs = (performance.now() - startedAt) * options.restRatio;
      await setTimeout(restMs, undefined, { ref: false });
    }
  } while (next !== undefined && options.mayGoOn());
  return { erased, receipt, next, gaveWay: false };
}

/** How long one call erases, in ms. */
const CALL_MS = 1_000;
/** The caller is waiting, so the erasure gets half of the time. */
const CALL_REST_RATIO = 1;

/** What a request to erase says beside its scope. */
export interface PruneOptions extends NamedErasure {
  cursor?: string | undefined;
}

/**
 * One call of an erasure. An erasure by age skips executions under a legal hold. An erasure of an
 * execution or a subject is refused as a whole then, because it would be incomplete.
 */
export async function prune(
  eraser: Eraser,
  scope: ErasureScope,
  { cursor, ...options }: PruneOptions,
  audit: EraseAudit,
): Promise<PruneResult> {
  const { accounts, executions } = eraser;
  const after = cursor === undefined ? undefined : decodeCursor(cursor);
  const known = await readKnownReceipt(accounts, scope, options.receipt);
  if (after === undefined) await refuseHeld(eraser, scope);
  const { app, environment, what } = scope;
  if (after === undefined && what.kind === 'subject') {
    await eraseWaitingSubject(accounts.waiting, { app, environment, subject: what });
  }
  const end = performance.now() + CALL_MS;
  const walk = await fromCursor(() =>
    eraseInBatches(eraser, scope, {
      cause: 'request',
      after,
      wait: true,
      restRatio: CALL_REST_RATIO,
      mayGoOn: () => performance.now() < end,
      named: isNamed(scope) ? options : undefined,
      audit,
    }),
  );
  const { erased, next } = walk;
  const receipt = walk.receipt ?? known;
  if (next !== undefined) {
    return { erased, left: null, held: null, receipt, cursor: encodeCursor(next) };
  }
  await executions.tidy();
  const { erasable, held } = await executions.countErasable(scope);
  return { erased, left: erasable, held, receipt, cursor: null };
}

/** The counts of what `prune` would erase, without erasing. */
export async function previewPrune(
  store: ExecutionStore,
  scope: ErasureScope,
): Promise<PruneResult> {
  const { erasable, held } = await store.countErasable(scope);
  const erased = { executions: 0, steps: 0, bytes: 0 };
  return { erased, left: erasable, held, receipt: null, cursor: null };
}

export function addTo(sum: ErasureCount, more: ErasureCount): void {
  sum.executions += more.executions;
  sum.steps += more.steps;
  sum.bytes += more.bytes;
}

/** The receipt that a call goes on with. Throws a DomainError if it is of another erasure. */
async function readKnownReceipt(
  store: AccountStore,
  scope: ErasureScope,
  id: string | undefined,
): Promise<ErasureReceipt | null> {
  if (id === undefined) return null;
  const receipt = await store.readReceipt(scope.app, id);
  const { what } = scope;
  const isSame =
    receipt?.kind === what.kind && (what.kind !== 'subject' || receipt.subjectType === what.type);
  if (receipt !== undefined && isSame) return receipt;
  throw new DomainError(
    'invalid',
    'receipt: this is not the receipt of an earlier call of this erasure.',
    [{ path: 'receipt', code: 'unknown_receipt' }],
  );
}

function isNamed({ what }: ErasureScope): boolean {
  return what.kind === 'execution' || what.kind === 'subject';
}

async function refuseHeld({ accounts, executions }: Eraser, scope: ErasureScope): Promise<void> {
  if (!isNamed(scope)) return;
  const { held } = await executions.countErasable(scope);
  if (held === 0) return;
  const holds = (await accounts.readRetention(scope.app)).filter((rule) => rule.legalHold);
  throw new DomainError(
    'conflict',
    `${held} of these executions are under a legal hold (${holds.map(describeHold).join(', ')}), which nothing ` +
      'overrides. Nothing was erased. Lift the hold first if you may.',
    [{ path: '', code: 'legal_hold' }],
  );
}

function describeHold({ environment, pipeline }: RetentionRule): string {
  const parts = [
    ...(environment === null ? [] : [`environment ${environment}`]),
    ...(pipeline === null ? [] : [`pipeline ${pipeline}`]),
  ];
  return parts.length === 0 ? 'all environments' : parts.join(' and ');
}
