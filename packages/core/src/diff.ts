import { align, type Token } from './align.js';
import type { ComparedStep, Comparison } from './answers.js';
import { diffCandidates, diffRules } from './diff-step.js';
import { incidentalBetween, type IsIncidental } from './incidental.js';
import { Equality, diffJson } from './json-diff.js';
import type { Json, Snapshot } from './snapshot.js';
import { stepsInOrder, type PlacedStep } from './step-order.js';

const MAX = { steps: 500, changesOfStep: 50, changes: 1_000, headChanges: 100, reasons: 100 };

/** Fields that always differ, or that the comparison lists elsewhere. */
const NOT_IN_HEAD = new Set([
  'schemaVersion',
  'executionId',
  'revision',
  'instanceId',
  'instanceSeq',
  'appId',
  'versions',
  'startedAt',
  'endedAt',
  'sentAt',
  'durationMs',
  'trace',
  'links',
  'steps',
  'dropped',
  'marks',
  'replay',
  'sdk',
]);
/** Times and numbers of a step. Parents are compared by name. */
const NOT_IN_STEP = new Set(['sequence', 'parent', 'startedAt', 'durationMs', 'timing']);
/** These fields are compared rule by rule and candidate by candidate. */
const COMPARED_APART = new Set(['rules', 'candidates']);

interface Side {
  steps: (PlacedStep & { content: { [key: string]: Json } })[];
  tokens: Token[];
}

/** A pair of matching steps. A step without a partner was added or removed. */
interface Couple {
  a: Side['steps'][number] | undefined;
  b: Side['steps'][number] | undefined;
  kind: ComparedStep['kind'];
}

/**
 * Compares two executions step by step. Steps are aligned by name and kind (see `align` for the method and
 * its cost). A step at another place on the other side has `moved`. Lists are bounded; the rest is counted.
 * Never throws on valid snapshots.
 */
export function compareExecutions(a: Snapshot, b: Snapshot): Comparison {
  const equality = new Equality();
  const [left, right] = [sideOf(a, equality), sideOf(b, equality)];
  const isIncidental = incidentalBetween(a, b);
  const head = diffJson(headOf(a), headOf(b), MAX.headChanges, equality, isIncidental);
  const versions = diffVersions(a, b);
  const comparison: Comparison = {
    a: summaryOf(a),
    b: summaryOf(b),
    same: false,
    firstDivergence: null,
    partsAt: null,
    versions,
    changes: head.changes,
    moreChanges: head.more,
    steps: [],
    moreSteps: 0,
  };
  let [differing, changesLeft] = [0, MAX.changes];
  let firstIncidental: ComparedStep | null = null;
  for (const couple of couplesOf(left, right)) {
    if (couple.kind === 'same') {
      addSame(comparison.steps, couple, differing > MAX.steps);
      continue;
    }
    differing++;
    if (differing > MAX.steps) {
      comparison.moreSteps++;
      if (comparison.partsAt && comparison.firstDivergence) continue;
    }
    const max = Math.min(changesLeft, MAX.changesOfStep);
    const compared = compareStep(couple, max, equality, isIncidental);
    changesLeft -= compared.changes.length;
    if (compared.onlyIncidental) firstIncidental ??= compared;
    else comparison.firstDivergence ??= compared;
    if (compared.parts) comparison.partsAt ??= compared;
    if (differing <= MAX.steps) comparison.steps.push(compared);
  }
  comparison.firstDivergence ??= firstIncidental;
  comparison.same = differing === 0 && head.changes.length === 0 && versions.length === 0;
  return comparison;
}

function sideOf(snapshot: Snapshot, equality: Equality): Side {
  const ordered = stepsInOrder(snapshot);
  const bySequence = new Map(ordered.map((placed) => [placed.ref.sequence, placed.step.name]));
  const steps = ordered.map((placed) => {
    const { step } = placed;
    const parent = typeof step.parent === 'number' ? (bySequence.get(step.parent) ?? null) : null;
    const content = present({ ...step, kind: step.kind ?? 'other', status: placed.ref.status });
    for (const field of NOT_IN_STEP) delete content[field];
    // Older clients do not record `returned`, so only the returned value is compared.
    delete content['returned'];
    const value = step.returned?.value;
    if (value !== undefined) content['returned'] = value;
    if (parent !== null) content['parent'] = parent;
    return { ...placed, content };
  });
  const tokens = steps.map(({ step, content }) => ({
    key: equality.of([step.name, step.kind ?? 'other']),
    content: equality.of(content),
  }));
  return { steps, tokens };
}

/** All pairs in the order of both sides. Steps only in `a` come before steps only in `b`. */
function couplesOf(left: Side, right: Side): Couple[] {
  const pairs = align(left.tokens, right.tokens);
  const moved = movesBetween(left, right, pairs);
  const couples: Couple[] = [];
  const listed = new Set<number>();
  let [i, j] = [0, 0];
  for (const [toA, toB] of [...pairs, [left.steps.length, right.steps.length] as const]) {
    for (; i < toA; i++) {
      const other = moved.fromA.get(i);
      if (other !== undefined && listed.has(other)) continue;
      if (other !== undefined) listed.add(other);
      const b = other === undefined ? undefined : right.steps[other];
      couples.push({ a: left.steps[i], b, kind: b ? 'moved' : 'removed' });
    }
    for (; j < toB; j++) {
      const other = moved.fromB.get(j);
      if (listed.has(j)) continue;
      if (other !== undefined) listed.add(j);
      const a = other === undefined ? undefined : left.steps[other];
      couples.push({ a, b: right.steps[j], kind: a ? 'moved' : 'added' });
    }
    const [a, b] = [left.steps[i], right.steps[j]];
    if (a && b) {
      const isSame = left.tokens[i]?.content === right.tokens[j]?.content;
      couples.push({ a, b, kind: isSame ? 'same' : 'changed' });
    }
    i++;
    j++;
  }
  return couples;
}

/** Pairs steps without a partner at their place: by content, then by name and kind. */
function movesBetween(
  left: Side,
  right: Side,
  pairs: readonly (readonly [number, number])[],
): { fromA: Map<number, number>; fromB: Map<number, number> } {
  const matchedA = new Set(pairs.map(([place]) => place));
  const matchedB = new Set(pairs.map(([, place]) => place));
  const fromA = new Map<number, number>();
  const fromB = new Map<number, number>();
  for (const by of ['content', 'key'] as const) {
    const free = new Map<number, number[]>();
    right.tokens.forEach((token, place) => {
      if (matchedB.has(place) || fromB.has(place)) return;
      const places = free.get(token[by]);
      if (places) places.push(place);
      else free.set(token[by], [place]);
    });
    // `pop` takes from the end cheaply, so the first place goes to the end.
    for (const places of free.values()) places.reverse();
    left.tokens.forEach((token, place) => {
      if (matchedA.has(place) || fromA.has(place)) return;
      const other = free.get(token[by])?.pop();
      if (other === undefined) return;
      fromA.set(place, other);
      fromB.set(other, place);
    });
  }
  return { fromA, fromB };
}

function compareStep(
  { a, b, kind }: Couple,
  max: number,
  equality: Equality,
  isIncidental: IsIncidental,
): ComparedStep {
  const compared: ComparedStep = {
    kind,
    a: a?.ref ?? null,
    b: b?.ref ?? null,
    count: 1,
    parts: kind !== 'changed',
    onlyIncidental: false,
    changes: [],
    moreChanges: 0,
    rules: [],
    moreRules: 0,
    rulesReordered: false,
    candidates: null,
  };
  if (!a || !b) return compared;
  const values = diffJson(valuesOf(a.content), valuesOf(b.content), max, equality, isIncidental);
  const rules = diffRules(a.step.rules ?? [], b.step.rules ?? [], equality, isIncidental);
  const candidates = diffCandidates(a.step.candidates, b.step.candidates, equality);
  const parts =
    compared.parts || a.ref.status !== b.ref.status || rules.parts || (candidates?.parts ?? false);
  const hasOther = values.changes.length > 0 && !values.onlyIncidental;
  return {
    ...compared,
    ...rules.listed,
    changes: values.changes,
    moreChanges: values.more,
    candidates: candidates?.listed ?? null,
    parts,
    onlyIncidental: !parts && !hasOther && !rules.tell && candidates === undefined,
  };
}

function addSame(steps: ComparedStep[], { a, b }: Couple, isBeyondList: boolean): void {
  const last = steps.at(-1);
  if (isBeyondList) return;
  if (last?.kind === 'same') {
    last.count++;
    return;
  }
  steps.push({
    kind: 'same',
    a: a?.ref ?? null,
    b: b?.ref ?? null,
    count: 1,
    parts: false,
    onlyIncidental: false,
    changes: [],
    moreChanges: 0,
    rules: [],
    moreRules: 0,
    rulesReordered: false,
    candidates: null,
  });
}

function summaryOf(snapshot: Snapshot): Comparison['a'] {
  const reasons = (snapshot.decision?.reasons ?? []).map(({ code }) => code);
  return {
    executionId: snapshot.executionId,
    pipeline: snapshot.pipeline,
    environment: snapshot.environment ?? null,
    status: snapshot.status ?? 'completed',
    outcome: snapshot.decision?.outcome ?? null,
    reasons: reasons.slice(0, MAX.reasons),
    moreReasons: Math.max(0, reasons.length - MAX.reasons),
    stepCount: snapshot.steps.length,
  };
}

function diffVersions(a: Snapshot, b: Snapshot): Comparison['versions'] {
  const [left, right] = [a, b].map(({ versions }) => new Map(Object.entries(versions ?? {})));
  const names = new Set([...(left?.keys() ?? []), ...(right?.keys() ?? [])]);
  return [...names]
    .sort()
    .map((name) => ({ name, a: left?.get(name) ?? null, b: right?.get(name) ?? null }))
    .filter((version) => version.a !== version.b);
}

function headOf(snapshot: Snapshot): { [key: string]: Json } {
  const head = present({
    ...snapshot,
    environment: snapshot.environment ?? 'default',
    status: snapshot.status ?? 'completed',
  });
  for (const field of NOT_IN_HEAD) delete head[field];
  return head;
}

function valuesOf(content: { [key: string]: Json }): { [key: string]: Json } {
  return Object.fromEntries(
    Object.entries(content).filter(([field]) => !COMPARED_APART.has(field)),
  );
}

/** The fields that are present. An optional null counts as absent. Parsed values are JSON. */
function present(object: object): { [key: string]: Json } {
  const entries = Object.entries(object).filter(
    ([, value]) => value !== null && value !== undefined,
  );
  return Object.fromEntries(entries) as { [key: string]: Json };
}
