import type { Snapshot } from '@xray/core';
import { readSnapshot } from '#server/records/read-snapshot.js';
import type { ExecutionRecord } from '#server/store/execution-record.js';
import { APP } from './databases.js';

/**
 * A valid snapshot with three steps and canaries, which no log may contain. The caller gives the
 * properties under test.
 */
export function snapshot(changes: Partial<Snapshot> = {}): Snapshot {
  return {
    executionId: crypto.randomUUID(),
    appId: APP,
    pipeline: 'loan-approval',
    steps: [
      { name: 'fetch_credit_score', input: { userId: 'canary-123' }, output: { score: 750 } },
      { name: 'calculate_risk_tier', input: { score: 750 }, output: { tier: 'canary-A' } },
      { name: 'check_approval_rules', output: { approved: true }, reasoning: 'canary: tier A' },
    ],
    ...changes,
  };
}

/** Every field of the wire format, with unknown fields at several levels. */
export const FULL_SNAPSHOT: Snapshot = {
  schemaVersion: 1,
  executionId: '0197f7a0-7e3c-7cc3-98c4-dc0c0c07398f',
  revision: 3,
  instanceId: 'instance-1',
  instanceSeq: 17,
  appId: APP,
  pipeline: 'loan-approval',
  environment: 'prod',
  versions: { code: '1.2.3', ruleset: 'r42' },
  status: 'completed',
  decision: {
    outcome: 'declined',
    adverse: true,
    score: 612.5,
    confidence: 0.93,
    reasons: [
      {
        code: 'SCORE_LOW',
        text: 'Too low',
        ruleId: 'min_score',
        factor: 'score',
        contribution: -0.4,
      },
      { code: 'DTI_HIGH' },
    ],
    decidedBy: { type: 'rule', id: 'min_score', version: 'r42' },
    humanInvolvement: 'none',
    unknownInDecision: { kept: true },
  },
  startedAt: '2026-11-01T12:00:00.000Z',
  endedAt: '2026-11-01T12:00:00.012Z',
  sentAt: '2026-11-01T12:00:00.020Z',
  durationMs: 12.375,
  subjects: [{ type: 'applicant', id: '8123', idForm: 'plain', person: true }],
  input: { amount: 25_000 },
  output: { approved: false },
  tags: ['vip', 'retry'],
  metadata: { region: 'eu', attempts: 2, priority: false },
  trace: { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', flags: 1 },
  links: [{ executionId: 'other', stepSequence: 2, relation: 'review_of' }],
  steps: [
    {
      sequence: 0,
      name: 'collect',
      kind: 'group',
      status: 'completed',
      startedAt: '2026-11-01T12:00:00.001Z',
      durationMs: 5,
      timing: 'measured',
    },
    {
      sequence: 1,
      parent: 0,
      name: 'score',
      kind: 'model',
      status: 'failed',
      input: { features: [1, 2.5, null] },
      output: null,
      reasoning: 'because',
      error: { type: 'TimeoutError', message: 'took too long', stack: 'at score' },
      attempt: 2,
      actor: { type: 'model', id: 'gbm', version: '7' },
      model: {
        provider: 'in-house',
        name: 'gbm',
        promptVersion: 'p1',
        params: { temperature: 0 },
        inputTokens: 10,
        outputTokens: 2,
        costUsd: 0.0001,
      },
      artifacts: [
        {
          name: 'shap',
          mediaType: 'application/json',
          bytes: 2,
          sha256: 'ab',
          uri: 's3://x',
          inline: '{}',
        },
      ],
      metrics: { auc: 0.81 },
    },
    {
      sequence: 2,
      name: 'rules',
      kind: 'rules',
      rules: [
        {
          id: 'min_score',
          version: 'r42',
          result: 'fail',
          effect: 'reject',
          field: 'score',
          op: '>=',
          actual: 612,
          threshold: 660,
          unit: 'points',
          points: -10,
          counts: { evaluated: 1, passed: 0, failed: 1, skipped: 0, error: 0, decisive: 1 },
        },
      ],
      candidates: {
        type: 'offer',
        person: false,
        in: 3,
        out: 1,
        byOutcome: { selected: 1, rejected: 2 },
        byReason: { PRICE_HIGH: 2 },
        cutoff: 0.68,
        items: [
          {
            id: 'B07X',
            outcome: 'rejected',
            score: 0.71,
            scores: { relevance: 0.9 },
            rank: 2,
            previousRank: 1,
            reasons: [{ code: 'PRICE_HIGH' }],
            rules: [{ id: 'price', result: 'fail', actual: 74.9 }],
            data: { price: 74.9 },
            stratum: 'PRICE_HIGH',
          },
        ],
        strata: [{ name: 'PRICE_HIGH', population: 2, kept: 1 }],
        ledger: {
          ids: ['B07X', 'B08Y', 'B09Z'],
          outcomes: 'rrs',
          reasons: ['PRICE_HIGH'],
          reasonIx: [0, 0, -1],
          scores: [0.71, null, 0.9],
        },
      },
      unknownInStep: [1, 2, 3],
    },
  ],
  dropped: { steps: 1, candidates: 2, bytes: 3, snapshotsSinceLast: 4 },
  marks: [
    {
      path: '/steps/1/input',
      kind: 'truncated',
      rule: 'string',
      original: 20_000,
      kept: 16_384,
      unit: 'bytes',
    },
  ],
  sdk: { name: '@xray/sdk', version: '0.1.0' },
  unknownAtTheTop: 'kept',
};

/** The record that ingest would give to the store. */
export function recordOf(made: Snapshot, receivedAt = new Date()): ExecutionRecord {
  const sender = { app: made.appId, environments: null };
  const read = readSnapshot(JSON.stringify(made), sender, receivedAt);
  if (!read.ok) throw new Error(read.message);
  return read.record;
}
