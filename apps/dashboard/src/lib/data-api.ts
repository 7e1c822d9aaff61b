import type {
  ErasureCount,
  ErasureReceipt,
  ErasureReceiptList,
  NewRetention,
  PruneRequest,
  PruneResult,
  Retention,
  RetentionPreview,
} from '@xray/core';
import { appPath, getJson, sendJson } from './api-client';

/** The most passes of an erasure over its scope. A pass skips rows that a writer has locked. */
const MAX_PASSES = 5;

export async function getRetention(app: string, signal?: AbortSignal): Promise<Retention> {
  return await getJson(`${appPath(app)}/retention`, {}, signal);
}

export async function saveRetention(app: string, rules: NewRetention): Promise<Retention> {
  return await sendJson('PUT', `${appPath(app)}/retention`, rules);
}

/** What rules would delete, and when. It changes nothing. */
export async function previewRetention(
  app: string,
  rules: NewRetention,
): Promise<RetentionPreview> {
  return await sendJson('POST', `${appPath(app)}/retention/preview`, rules);
}

export async function listReceipts(app: string, signal?: AbortSignal): Promise<ErasureReceiptList> {
  return await getJson(`${appPath(app)}/erasures`, {}, signal);
}

/** A subject or an execution to erase. */
export type Erasable = Extract<PruneRequest['what'], { kind: 'execution' | 'subject' }>;

/** Counts what an erasure would take, and what a legal hold protects. */
export async function countErasable(
  app: string,
  what: Erasable,
): Promise<{ left: ErasureCount; held: number }> {
  const { left, held } = await prune(app, { what, dryRun: true });
  return { left: left ?? { executions: 0, steps: 0, bytes: 0 }, held: held ?? 0 };
}

/** Erases in calls of about a second, until nothing is left. Null if nothing was erased. */
export async function erase(
  app: string,
  what: Erasable,
  reason: string,
): Promise<{ receipt: ErasureReceipt | null; left: number }> {
  let receipt: ErasureReceipt | null = null;
  let left = 0;
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    let cursor: string | null = null;
    do {
      const result: PruneResult = await prune(app, {
        what,
        reason,
        ...(receipt !== null && { receipt: receipt.id }),
        ...(cursor !== null && { cursor }),
      });
      ({ receipt, cursor } = result);
      left = result.left?.executions ?? 0;
    } while (cursor !== null);
    if (left === 0) break;
  }
  return { receipt, left };
}

async function prune(app: string, request: PruneRequest): Promise<PruneResult> {
  return await sendJson('POST', `${appPath(app)}/prune`, request);
}
