import type { Evidence, ExplainedReason, Explanation, RuleEvidence, StepRef } from './answers.js';
import { candidateAccounts } from './candidate-account.js';
import { failingStepIndex } from './failing-step.js';
import { nearMissOf } from './near-miss.js';
import { agreesWithItself } from './rule-test.js';
import type { Json, Reason, Snapshot } from './snapshot.js';
import { stepsInOrder, type PlacedStep } from './step-order.js';

const MAX = {
  reasons: 50,
  evidence: 5,
  failures: 50,
  candidates: 20,
  models: 50,
  people: 50,
  limits: 50,
};

/** A rule as one step of this execution evaluated it. */
export interface Evaluation {
  evidence: RuleEvidence;
  /** Its failing speaks against what is decided on, rather than flagging or scoring it. */
  rejects: boolean;
}

/**
 * Accounts for one decision from its record alone. A reason counts as evidenced only by a rule that this
 * execution evaluated, a recorded value of its factor, or candidates rejected with its code; any other is
 * `stated`. What would have flipped the decision is claimed only where the record leaves no doubt
 * (`nearMiss.unknown` says which there is). Linear in the snapshot's size. Never throws on a valid one.
 */
export function explain(snapshot: Snapshot): Explanation {
  const { decision } = snapshot;
  const steps = stepsInOrder(snapshot);
  const evaluations = evaluationsOf(steps);
  const given = decision?.reasons ?? [];
  const reasons = given
    .slice(0, MAX.reasons)
    .map((reason) => explainReason(reason, snapshot, steps, evaluations));
  markDecisive(snapshot, reasons, evaluations);
  const named = new Set(
    reasons.flatMap(({ evidence }) => evidence.map((one) => one.kind === 'rule' && one.rule)),
  );
  const unnamed = evaluations
    .map(({ evidence }) => evidence)
    .filter(({ result, rule }) => result === 'fail' && !named.has(rule));
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
    reasons,
    moreReasons: given.length - reasons.length,
    unnamedFailures: unnamed.slice(0, MAX.failures),
    moreUnnamedFailures: Math.max(0, unnamed.length - MAX.failures),
    nearMiss: nearMissOf(snapshot, reasons, evaluations),
    candidates: candidateAccounts(withCandidates.slice(0, MAX.candidates)),
    moreCandidates: Math.max(0, withCandidates.length - MAX.candidates),
    failure: failureOf(steps),
    versions: Object.entries(snapshot.versions ?? {}).flatMap(([name, version]) =>
      version === null ? [] : [{ name, version }],
    ),
    models: modelsOf(snapshot, steps),
    humans: humansOf(snapshot, steps),
    limits: limits.slice(0, MAX.limits),
    moreLimits: Math.max(0, limits.length - MAX.limits),
  };
}

/** Rules with counts were asked of candidates, not of what is decided on, and are told of there. */
function evaluationsOf(steps: PlacedStep[]): Evaluation[] {
  return inForce(steps).flatMap(({ step, ref, path }) =>
    (step.rules ?? []).flatMap((rule, place): Evaluation[] => {
      if (rule.counts) return [];
      const evidence: RuleEvidence = {
        kind: 'rule',
        step: ref,
        path: `${path}/rules/${place}`,
        rule: rule.id,
        version: rule.version ?? null,
        result: rule.result ?? null,
        effect: rule.effect ?? null,
        field: rule.field ?? null,
        op: rule.op ?? null,
        ...(rule.actual !== undefined && { actual: rule.actual }),
        ...(rule.threshold !== undefined && { threshold: rule.threshold }),
        unit: rule.unit ?? null,
        decisive: false,
        agrees: agreesWithItself(rule),
      };
      // The SDK's `check` leaves the effect out where a failure rejects.
      return [{ evidence, rejects: (rule.effect ?? 'reject') === 'reject' }];
    }),
  );
}

/** Without steps that were skipped, and without attempts that a later one of the same step replaced. */
function inForce(steps: PlacedStep[]): PlacedStep[] {
  const keyOf = ({ step }: PlacedStep): string => `${step.parent ?? ''}/${step.name}`;
  const last = new Map<string, number>();
  for (const placed of steps) {
    const attempt = placed.step.attempt ?? 0;
    last.set(keyOf(placed), Math.max(attempt, last.get(keyOf(placed)) ?? 0));
  }
  return steps.filter(
    (placed) =>
      placed.step.status !== 'skipped' && (placed.step.attempt ?? 0) === last.get(keyOf(placed)),
  );
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
    evidence: [...rules.map(({ evidence }) => evidence), ...others].slice(0, MAX.evidence),
  };
}

/** The evaluations of the rule that a reason names, else of its factor, else of a rule called like its code. */
function rulesBehind({ code, ruleId, factor }: Reason, evaluations: Evaluation[]): Evaluation[] {
  const found = evaluations.filter(({ evidence }) => {
    if (ruleId) return evidence.rule === ruleId;
    return factor ? evidence.field === factor : evidence.rule === code;
  });
  // Failures first: of a rule evaluated for several items, they are what a reason can rest on.
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

/** Recorded values of a reason's factor: metrics, then outputs and inputs, the latest step first. */
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
 * A rule decided if the record says so (`decidedBy`), else if it is the first of the failed rejecting
 * ones, and the decision is adverse or gives one of them as a reason.
 */
function markDecisive(
  { decision }: Snapshot,
  reasons: ExplainedReason[],
  evaluations: Evaluation[],
): void {
  const failed = evaluations.filter(
    ({ evidence, rejects }) => rejects && evidence.result === 'fail' && evidence.agrees !== false,
  );
  const by = decision?.decidedBy;
  if (by) {
    if (by.type !== 'rule') return;
    const said = failed.find(({ evidence }) => evidence.rule === by.id);
    if (said) said.evidence.decisive = true;
    return;
  }
  const named = new Set(reasons.flatMap(({ evidence }) => evidence));
  const [first] = failed;
  const isLinked =
    decision?.adverse === true ||
    (decision?.adverse !== false && failed.some(({ evidence }) => named.has(evidence)));
  if (first && isLinked) first.evidence.decisive = true;
}

function failureOf(steps: PlacedStep[]): Explanation['failure'] {
  const failed = steps[failingStepIndex(steps.map(({ step }) => step))];
  if (!failed) return null;
  const { error } = failed.step;
  return { step: failed.ref, type: error?.type ?? null, message: error?.message ?? null };
}

function modelsOf({ decision }: Snapshot, steps: PlacedStep[]): Explanation['models'] {
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
  return distinct(models, ({ name, version }) => `${version ?? ''} ${name}`).slice(0, MAX.models);
}

function humansOf({ decision }: Snapshot, steps: PlacedStep[]): Explanation['humans'] {
  const people: Explanation['humans']['people'] = steps.flatMap(({ step: { actor }, ref }) =>
    actor?.type === 'human' ? [{ id: actor.id, step: ref }] : [],
  );
  const by = decision?.decidedBy;
  if (by?.type === 'human') people.unshift({ id: by.id, step: null });
  return {
    involvement: decision?.humanInvolvement ?? null,
    people: distinct(people, ({ id }) => id).slice(0, MAX.people),
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
