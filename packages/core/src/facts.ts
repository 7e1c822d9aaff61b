import { isNumber, isStorableNumber } from './exact-json.js';
import { hasFailed, type MetadataValue } from './query-match.js';
import type { QueryFacts } from './query-match.js';
import { ruleSettingsOf } from './rule-settings.js';
import { rollUpRules } from './rule-roll-up.js';
import { LIMITS, type Snapshot } from './snapshot.js';

/** The facts of a snapshot that are stored in columns, for questions about many executions. */
export type SnapshotFacts = Omit<QueryFacts, 'conflict' | 'at' | 'metadata'> & {
  metadata: Record<string, MetadataValue>;
  failedStepCount: number;
};

export function factsOf(snapshot: Snapshot): SnapshotFacts {
  const { decision, steps } = snapshot;
  const failed = steps.filter(hasFailed);
  const rules = rollUpRules(snapshot);
  return {
    executionId: snapshot.executionId,
    pipeline: snapshot.pipeline,
    environment: snapshot.environment ?? 'default',
    status: snapshot.status ?? 'completed',
    outcome: decision?.outcome ?? null,
    adverse: decision?.adverse ?? null,
    durationMs: snapshot.durationMs ?? null,
    versions: withoutNulls(snapshot.versions ?? {}),
    subjects: (snapshot.subjects ?? []).map(({ type, id }) => ({ type, id })),
    tags: snapshot.tags ?? [],
    reasons: (decision?.reasons ?? []).map((reason) => reason.code),
    failedStepCount: failed.length,
    errorType: failed.find((step) => step.error)?.error?.type.slice(0, LIMITS.name) ?? null,
    metadata: storableValues(withoutNulls(snapshot.metadata ?? {})),
    rules: rules.failed,
    decisive: rules.decisive,
    // Long thresholds are not compared, so they need no digest.
    ruleSettings: steps.flatMap((step) => ruleSettingsOf(step, () => '') ?? []),
    steps: steps.map(({ name, status }) => ({ name, status: status ?? 'completed' })),
  };
}

/** Numbers that no column can hold are stored as text. */
function storableValues(metadata: Record<string, MetadataValue>): Record<string, MetadataValue> {
  const entries = Object.entries(metadata).map(([key, value]): [string, MetadataValue] => [
    key,
    isNumber(value) && !isStorableNumber(value) ? String(value) : value,
  ]);
  return Object.fromEntries(entries);
}

function withoutNulls<T>(values: Record<string, T | null>): Record<string, T> {
  const present = Object.entries(values).filter((entry): entry is [string, T] => entry[1] !== null);
  return Object.fromEntries(present);
}
