import { isNumber } from './exact-json.js';
import type { Json, Snapshot } from './snapshot.js';

/** `free` includes every key and value. An object names the known fields; unknown ones are free. */
type Shape = 'free' | 'skip' | { readonly [field: string]: Shape };

const TEXT: Shape = {};
const ACTOR: Shape = { type: 'skip', id: TEXT, version: TEXT };
const REASON: Shape = { code: TEXT, text: TEXT, ruleId: TEXT, factor: TEXT, contribution: TEXT };

/**
 * The searched parts of a snapshot: texts, numbers and names that somebody chose. The format's own field
 * names, enumerations, counts, times and order are not searched, because filters cover them. The ids of a
 * ledger are compared whole.
 */
const STEP: Shape = {
  sequence: 'skip',
  parent: 'skip',
  name: TEXT,
  kind: 'skip',
  status: 'skip',
  input: 'free',
  output: 'free',
  reasoning: TEXT,
  returned: { async: 'skip', of: 'skip', value: 'free', types: 'skip' },
  error: { type: TEXT, message: TEXT, stack: TEXT, code: TEXT, props: 'free' },
  startedAt: 'skip',
  durationMs: 'skip',
  timing: 'skip',
  attempt: 'skip',
  actor: ACTOR,
  model: {
    provider: TEXT,
    name: TEXT,
    promptVersion: TEXT,
    params: 'free',
    inputTokens: TEXT,
    outputTokens: TEXT,
    costUsd: TEXT,
  },
  rules: {
    id: TEXT,
    version: TEXT,
    result: 'skip',
    effect: 'skip',
    field: TEXT,
    op: 'skip',
    actual: 'free',
    threshold: 'free',
    unit: TEXT,
    points: TEXT,
    counts: 'skip',
  },
  candidates: {
    type: TEXT,
    person: 'skip',
    in: 'skip',
    out: 'skip',
    byOutcome: 'skip',
    byReason: 'skip',
    cutoff: TEXT,
    items: {
      id: TEXT,
      outcome: 'skip',
      score: TEXT,
      scores: 'free',
      rank: 'skip',
      previousRank: 'skip',
      reasons: REASON,
      rules: { id: TEXT, result: 'skip', actual: 'free' },
      data: 'free',
      stratum: TEXT,
    },
    strata: { name: TEXT, population: 'skip', kept: 'skip' },
    ledger: { ids: 'skip', outcomes: 'skip', reasons: TEXT, reasonIx: 'skip', scores: 'skip' },
  },
  artifacts: {
    name: TEXT,
    mediaType: TEXT,
    bytes: 'skip',
    sha256: TEXT,
    uri: TEXT,
    inline: TEXT,
  },
  metrics: 'free',
};
const EXECUTION: Shape = {
  schemaVersion: 'skip',
  executionId: TEXT,
  revision: 'skip',
  instanceId: TEXT,
  instanceSeq: 'skip',
  appId: 'skip',
  pipeline: TEXT,
  environment: TEXT,
  versions: 'free',
  status: 'skip',
  decision: {
    outcome: TEXT,
    adverse: 'skip',
    score: TEXT,
    confidence: TEXT,
    reasons: REASON,
    decidedBy: ACTOR,
    humanInvolvement: 'skip',
    basis: 'skip',
  },
  startedAt: 'skip',
  endedAt: 'skip',
  sentAt: 'skip',
  durationMs: 'skip',
  subjects: { type: TEXT, id: TEXT, idForm: 'skip', person: 'skip' },
  input: 'free',
  output: 'free',
  tags: TEXT,
  metadata: 'free',
  trace: { traceId: TEXT, spanId: TEXT, flags: 'skip' },
  links: { executionId: TEXT, stepSequence: 'skip', relation: 'skip' },
  steps: STEP,
  dropped: 'skip',
  marks: 'skip',
  replay: { run: TEXT, arm: 'skip' },
  sdk: { name: TEXT, version: TEXT },
};

/** Keys and indexes from the snapshot's root. The same array is reused for each call. */
export type SearchPath = readonly (string | number)[];

/** Calls `visit` for every searched text: strings, numbers with their digits, and keys. */
export function visitTexts(snapshot: Snapshot, visit: (text: string, path: SearchPath) => void) {
  const path: (string | number)[] = [];
  const walk = (value: Json | undefined, shape: Shape): void => {
    if (typeof value === 'string') visit(value, path);
    else if (isNumber(value)) visit(String(value), path);
    else if (Array.isArray(value)) {
      for (let place = 0; place < value.length; place += 1) {
        path.push(place);
        walk(value[place], shape);
        path.pop();
      }
    } else if (typeof value === 'object' && value !== null) {
      for (const key of Object.keys(value)) {
        const known = shape !== 'free' && shape !== 'skip' && Object.hasOwn(shape, key);
        const inner = known ? shape[key] : 'free';
        if (inner === 'skip' || inner === undefined) continue;
        path.push(key);
        if (!known) visit(key, path);
        walk(value[key], inner);
        path.pop();
      }
    }
  };
  walk(snapshot as unknown as Json, EXECUTION);
}
