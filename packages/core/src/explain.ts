import type { Evidence, ExplainedReason, Explanation, StepRef } from './answers.js';
import { candidateAccounts } from './candidate-account.js';
import { failingStepIndex } from './failing-step.js';
import { nearMissOf } from './near-miss.js';
import {
  decisiveByCounts,
  evaluationsOf,
  rejectionsIn,
  withoutResult,
  type Evaluation,
} from './rule-evaluations.js';
import type { Json, Reason, Snapshot } from './snapshot.js';
import { stepsInOrder, type PlacedStep } from './step-order.js';

const MAX = {
  reasons: 50,
  evidence: 5,
  failures: 50,
  setAside: 50,
  candidates: 20,
  models: 50,
  people: 50,
  limits: 50,
};

/**
 * Explains one decision from its record alone. A reason is supported by a rule that this execution
 * evaluated, a recorded value of its factor, or candidates rejected with its code. Any other reason is only
 * `stated`. A change of the decision is claimed only if the record leaves no doubt; else `nearMiss.unknown`
 * names the doubt. Linear in the snapshot's size. Never throws on a valid snapshot.
 */
export function explain(snapshot: Snapshot): Explanation {
  const { decision } = snapshot;
  const steps = stepsInOrder(snapshot);
  const { inForce, notInForce } = evaluationsOf(steps);
  const given = decision?.reasons ?? [];
  const reasons = given
    .slice(0, MAX.reasons)
    .map((reason) => explainReason(reason, snapshot, steps, inForce));
  markDecisive(snapshot, reasons, inForce);
  const named = new Set<Evidence>(reasons.flatMap(({ evidence }) => evidence));
  const unnamed = inForce
    .map(({ evidence }) => evidence)
    .filter((rule) => rule.of === 'decision' && rule.result === 'fail' && !named.has(rule));
  const setAside = [...notInForce, ...withoutResult(inForce, (rule) => named.has(rule))];
  const withCandidates = steps.filter(({ step }) => step.candidates);
  const limits = limitsOf(snapshot);
  return {
    executionId: snapshot.executionId,
    pipeline: snapshot.pipeline,
    environment: snapshot.environment ?? null,
    status: snapshot.status ?? 'completed',
    outcome: decision?.outcome ?? null,
    adverse: decision?.adverse ?? null,
    score: decision?.score ?? null,
    confidence: decision?.confidence ?? null,
    subjects: (snapshot.subjects ?? []).map(({ type, id }) => ({ type, id })),
    decidedBy: decision?.decidedBy
      ? {
          type: decision.decidedBy.type,
          id: decision.decidedBy.id,
          version: decision.decidedBy.version ?? null,
        }
      : null,
    reasons: reasons.map(withBoundedEvidence),
    moreReasons: given.length - reasons.length,
    unnamedFailures: unnamed.slice(0, MAX.failures),
    moreUnnamedFailures: Math.max(0, unnamed.length - MAX.failures),
    setAside: setAside.slice(0, MAX.setAside),
    moreSetAside: Math.max(0, setAside.length - MAX.setAside),
    nearMiss: nearMissOf(snapshot, reasons, inForce),
    candidates: candidateAccounts(withCandidates.slice(0, MAX.candidates), inForce),
    moreCandidates: Math.max(0, withCandidates.length - MAX.candidates),
    failure: failureOf(steps),
    versions: Object.entries(snapshot.versions ?? {}).flatMap(([name, version]) =>
      version === null ? [] : [{ name, version }],
    ),
    ...modelsOf(snapshot, steps),
    humans: humansOf(snapshot, steps),
    limits: limits.slice(0, MAX.limits),
    moreLimits: Math.max(0, limits.length - MAX.limits),
  };
}

function explainReason(
  reason: Reason,
  snapshot: Snapshot,
  steps: PlacedStep[],
  evaluations: Evaluation[],
): ExplainedReason {
  const rules = rulesBehind(reason, evaluations);
  const others = [...factorsBehind(reason, snapshot, steps), ...candidatesBehind(reason, steps)];
  return {
    code: reason.code,
    text: reason.text ?? null,
    contribution: reason.contribution ?? null,
    support: supportOf(snapshot, rules, others),
    evidence: [...rules.map(({ evidence }) => evidence), ...others],
    moreEvidence: 0,
  };
}

/** Keeps the deciding rule in the bounded list. */
function withBoundedEvidence(reason: ExplainedReason): ExplainedReason {
  const isDecisive = (evidence: Evidence): boolean => evidence.kind === 'rule' && evidence.decisive;
  const evidence = reason.evidence
    .toSorted((a, b) => Number(isDecisive(b)) - Number(isDecisive(a)))
    .slice(0, MAX.evidence);
  return { ...reason, evidence, moreEvidence: reason.evidence.length - evidence.length };
}

/**
 * Finds the evaluations for a reason: of the rule that it names, else of its factor, else of the rule with
 * its code as the name.
 */
function rulesBehind({ code, ruleId, factor }: Reason, evaluations: Evaluation[]): Evaluation[] {
  const found = evaluations.filter(({ evidence }) => {
    if (ruleId) return evidence.rule === ruleId;
    return factor ? evidence.field === factor : evidence.rule === code;
  });
  // Failures come first, because a reason for several items rests on those that failed.
  const failed = found.filter(({ evidence }) => evidence.result === 'fail');
  return [...failed, ...found.filter(({ evidence }) => evidence.result !== 'fail')];
}

function supportOf(
  { decision }: Snapshot,
  rules: Evaluation[],
  others: Evidence[],
): ExplainedReason['support'] {
  const asked = rules.filter(({ evidence: { result } }) => result === 'pass' || result === 'fail');
  if (asked.length === 0) return others.length > 0 ? 'evidenced' : 'stated';
  const bearsOut = ({ evidence, rejects }: Evaluation): boolean =>
    evidence.agrees !== false &&
    !(decision?.adverse === true && rejects && evidence.result === 'pass');
  return asked.some(bearsOut) ? 'evidenced' : 'contradicted';
}

/** Recorded values of a reason's factor: metrics first, then outputs and inputs from the latest step on. */
function factorsBehind(reason: Reason, snapshot: Snapshot, steps: PlacedStep[]): Evidence[] {
  const { factor } = reason;
  if (!factor) return [];
  const key = factor.replaceAll('~', '~0').replaceAll('/', '~1');
  const found: Evidence[] = [];
  const look = (step: StepRef | null, path: string, holder: unknown): void => {
    if (found.length >= MAX.evidence || !isRecord(holder) || !Object.hasOwn(holder, factor)) return;
    found.push({
      kind: 'factor',
      step,
      path: `${path}/${key}`,
      factor,
      value: holder[factor] ?? null,
    });
  };
  for (const { step, ref, path } of steps.toReversed()) {
    look(ref, `${path}/metrics`, step.metrics);
    look(ref, `${path}/output`, step.output);
    look(ref, `${path}/input`, step.input);
  }
  look(null, '/input', snapshot.input);
  look(null, '/metadata', snapshot.metadata);
  return found;
}

function candidatesBehind({ code }: Reason, steps: PlacedStep[]): Evidence[] {
  return steps.flatMap(({ step, ref, path }): Evidence[] => {
    const counts = step.candidates?.byReason;
    const count = counts && Object.hasOwn(counts, code) ? counts[code] : undefined;
    if (!count) return [];
    return [{ kind: 'candidates', step: ref, path: `${path}/candidates/byReason`, count }];
  });
}

/**
 * A rule decided if `decidedBy` or its counts say so. Otherwise the first failed rejecting rule decided, if
 * the decision is adverse or a reason names such a rule. Rules named by a reason come first.
 */
function markDecisive(
  { decision }: Snapshot,
  reasons: ExplainedReason[],
  evaluations: Evaluation[],
): void {
  const failed = rejectionsIn(evaluations);
  const by = decision?.decidedBy;
  if (by) {
    if (by.type !== 'rule') return;
    const isIt = ({ evidence: { of, rule } }: Evaluation): boolean =>
      of === 'decision' && rule === by.id;
    const said = failed.find(isIt) ?? evaluations.find(isIt);
    if (said) said.evidence.decisive = true;
    return;
  }
  const counted = decisiveByCounts(evaluations);
  for (const { evidence } of counted) evidence.decisive = true;
  if (counted.length > 0 || decision?.adverse === false) return;
  const named = new Set<unknown>(reasons.flatMap(({ evidence }) => evidence));
  const first =
    failed.find(({ evidence }) => named.has(evidence)) ??
    (decision?.adverse === true ? failed[0] : undefined);
  if (first) first.evidence.decisive = true;
}

function failureOf(steps: PlacedStep[]): Explanation['failure'] {
  const failed = steps[failingStepIndex(steps.map(({ step }) => step))];
  if (!failed) return null;
  const { error } = failed.step;
  return { step: failed.ref, type: error?.type ?? null, message: error?.message ?? null };
}

function modelsOf(
  { decision }: Snapshot,
  steps: PlacedStep[],
): Pick<Explanation, 'models' | 'moreModels'> {
  const models = steps.flatMap(({ step: { model, actor } }) => [
    ...(model
      ? [
          {
            name: model.name,
            version: model.promptVersion ?? null,
            provider: model.provider ?? null,
          },
        ]
      : []),
    ...(isModel(actor?.type) && actor
      ? [{ name: actor.id, version: actor.version ?? null, provider: null }]
      : []),
  ]);
  const by = decision?.decidedBy;
  if (by && isModel(by.type)) {
    models.push({ name: by.id, version: by.version ?? null, provider: null });
  }
  const all = distinct(models, ({ name, version }) => `${version ?? ''} ${name}`);
  return { models: all.slice(0, MAX.models), moreModels: Math.max(0, all.length - MAX.models) };
}

function humansOf({ decision }: Snapshot, steps: PlacedStep[]): Explanation['humans'] {
  const people: Explanation['humans']['people'] = steps.flatMap(({ step: { actor }, ref }) =>
    actor?.type === 'human' ? [{ id: actor.id, step: ref }] : [],
  );
  const by = decision?.decidedBy;
  if (by?.type === 'human') people.unshift({ id: by.id, step: null });
  const all = distinct(people, ({ id }) => id);
  return {
    involvement: decision?.humanInvolvement ?? null,
    people: all.slice(0, MAX.people),
    morePeople: Math.max(0, all.length - MAX.people),
  };
}

function limitsOf({ marks, dropped }: Snapshot): Explanation['limits'] {
  const lost = (['steps', 'candidates', 'bytes'] as const).flatMap((what) => {
    const count = dropped?.[what] ?? 0;
    return count > 0 ? [{ kind: `dropped_${what}`, path: null, original: count, kept: 0 }] : [];
  });
  const marked = (marks ?? []).map(({ kind, path, original, kept }) => ({
    kind,
    path,
    original: original ?? null,
    kept: kept ?? null,
  }));
  return [...lost, ...marked];
}

function isModel(type: string | undefined): boolean {
  return type === 'model' || type === 'llm';
}

function isRecord(value: unknown): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function distinct<T>(values: T[], keyOf: (value: T) => string): T[] {
  return [
    ...new Map(values.toReversed().map((value) => [keyOf(value), value])).values(),
  ].toReversed();
}
