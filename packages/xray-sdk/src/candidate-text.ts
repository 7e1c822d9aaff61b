import { sampleCandidates, type SampledStratum } from './candidate-sample.js';
import {
  type CandidateOptions,
  FAILED,
  NOT_ASKED,
  PASSED,
  reasonCode,
  THREW,
  type Verdicts,
} from './candidates.js';
import type { Capture } from './capture.js';
import { FIELD_BOUNDS } from './limits.js';
import { ObjectWriter } from './object-writer.js';
import { quote } from './text.js';
import type { RuleRecord } from './step-text.js';
import type { Outcome } from './wire/candidates.js';
import type { Mark } from './wire/snapshot.js';

/** A candidate set as JSON text, in the parts that an oversized snapshot may shed. */
export interface CandidateText {
  /** Counts, cutoff and strata: never shed. Members without braces. */
  readonly head: string;
  readonly items: readonly { readonly members: string; readonly data: string | undefined }[];
  readonly ledger: { readonly members: string; readonly scores: string | undefined } | undefined;
  /** Their paths begin at the step. */
  readonly marks: readonly Mark[];
}

const MAX_LEDGER_IDS = 20_000;
const MAX_LEDGER_LENGTH = 1024 * 1024;
const LETTERS: Record<Outcome, string> = {
  selected: 's',
  kept: 'k',
  rejected: 'r',
  deferred: 'd',
  error: 'e',
};
const RESULTS: Record<number, string> = {
  [NOT_ASKED]: 'skip',
  [PASSED]: 'pass',
  [FAILED]: 'fail',
  [THREW]: 'error',
};

/** How each candidate's detail is recorded, beside what the verdicts say of it. */
export interface CandidateDetail<T> extends CandidateOptions<T> {
  readonly scores?: ((candidate: T) => Record<string, number>) | undefined;
}

/** Captures the verdicts: exact counts of all, detail of at most `maxItems`, and the ledger. */
export function writeCandidates<T>(
  capture: Capture,
  verdicts: Verdicts<T>,
  detail: CandidateDetail<T>,
  executionId: string,
  maxItems: number,
): CandidateText {
  const marks: Mark[] = [];
  const ids = verdicts.candidates.map((candidate, place) => candidateId(detail, candidate, place));
  const watched = new Set(quietly(() => [...(detail.watch ?? [])].map(String)));
  const strata = sampleCandidates(verdicts, ids, watched, executionId, maxItems);

  const head = new ObjectWriter(capture, marks, '/candidates');
  head.string('type', detail.type, FIELD_BOUNDS.name);
  head.boolean('person', detail.person);
  head.raw('in', String(ids.length));
  const { byOutcome, byReason } = countVerdicts(verdicts);
  head.raw('out', String((byOutcome['selected'] ?? 0) + (byOutcome['kept'] ?? 0)));
  head.raw('byOutcome', JSON.stringify(byOutcome));
  if (Object.keys(byReason).length > 0) head.raw('byReason', JSON.stringify(byReason));
  if (verdicts.cutoff !== undefined) head.raw('cutoff', String(verdicts.cutoff));
  const kept = strata.reduce((sum, stratum) => sum + stratum.places.length, 0);
  if (kept < ids.length) {
    marks.push({
      path: '/candidates/items',
      kind: 'sampled',
      original: ids.length,
      kept,
      unit: 'items',
    });
    head.raw('strata', JSON.stringify(strata.map(describeStratum)));
  }
  const items = strata.flatMap((stratum) =>
    stratum.places.map((place) => ({ place, stratum: stratum.name })),
  );
  items.sort((a, b) => a.place - b.place);
  return {
    head: head.members,
    items: items.map(({ place, stratum }, index) => {
      const out = new ObjectWriter(capture, marks, `/candidates/items/${String(index)}`);
      return writeItem(out, verdicts, detail, ids, place, kept < ids.length ? stratum : undefined);
    }),
    ledger: writeLedger(verdicts, ids, marks),
    marks,
  };
}

/** Each rule of a filter with exact counts over all candidates. */
export function countRules<T>(verdicts: Verdicts<T>): RuleRecord[] {
  const width = verdicts.rules.length;
  const tallies = verdicts.rules.map(() => ({ asked: [0, 0, 0, 0], decisive: 0 }));
  for (let place = 0; place < verdicts.candidates.length; place += 1) {
    let isDecided = false;
    for (let index = 0; index < width; index += 1) {
      const result = verdicts.results[place * width + index] ?? NOT_ASKED;
      const tally = tallies[index];
      if (tally === undefined) continue;
      tally.asked[result] = (tally.asked[result] ?? 0) + 1;
      if (isDecided || result === PASSED || result === NOT_ASKED) continue;
      tally.decisive += 1;
      isDecided = true;
    }
  }
  return verdicts.rules.map((rule, index) => {
    const [skipped = 0, passed = 0, failed = 0, error = 0] = tallies[index]?.asked ?? [];
    return {
      id: String(rule.id),
      version: rule.version,
      effect: 'reject',
      field: rule.field,
      op: rule.op,
      unit: rule.unit,
      threshold: rule.threshold,
      counts: {
        evaluated: passed + failed + error,
        passed,
        failed,
        skipped,
        error,
        decisive: tallies[index]?.decisive ?? 0,
      },
    };
  });
}

function describeStratum({ name, population, places }: SampledStratum): object {
  return { name, population, kept: places.length };
}

/** An id function that fails still leaves the candidate countable, by its place. */
function candidateId<T>(detail: CandidateDetail<T>, candidate: T, place: number): string {
  try {
    const given: unknown = detail.id(candidate);
    const id = given === undefined || given === null ? '' : String(given).slice(0, 256);
    if (id === '') return `#${String(place)}`;
    return id.includes('\0') ? id.replaceAll('\0', '\u{FFFD}') : id;
  } catch {
    return `#${String(place)}`;
  }
}

function countVerdicts<T>({ kinds, kindOf }: Verdicts<T>): {
  byOutcome: Record<string, number>;
  byReason: Record<string, number>;
} {
  const counts = new Uint32Array(kinds.length);
  for (const kind of kindOf) counts[kind] = (counts[kind] ?? 0) + 1;
  const outcomes = new Map<string, number>();
  const reasons = new Map<string, number>();
  kinds.forEach(({ outcome, reason }, kind) => {
    const count = counts[kind] ?? 0;
    if (count === 0) return;
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + count);
    if (reason !== undefined) reasons.set(reason, (reasons.get(reason) ?? 0) + count);
  });
  return { byOutcome: Object.fromEntries(outcomes), byReason: Object.fromEntries(reasons) };
}

function writeItem<T>(
  out: ObjectWriter,
  verdicts: Verdicts<T>,
  detail: CandidateDetail<T>,
  ids: readonly string[],
  place: number,
  stratum: string | undefined,
): { members: string; data: string | undefined } {
  const candidate = verdicts.candidates[place] as T;
  const verdict = verdicts.kinds[verdicts.kindOf[place] ?? 0];
  out.raw('id', quote(ids[place] ?? ''));
  out.raw('outcome', `"${verdict?.outcome ?? 'error'}"`);
  const score = verdicts.scores?.[place];
  if (score !== undefined) out.raw('score', String(score));
  const parts = quietly(() => detail.scores?.(candidate));
  if (parts !== undefined) {
    out.record('scores', parts, FIELD_BOUNDS.metrics, (_key, value) =>
      Number.isFinite(value) ? String(value) : undefined,
    );
  }
  if (verdicts.isRanked) out.raw('rank', String(place + 1));
  const results = ruleResults(verdicts, place);
  const reasons = results.filter(({ result }) => result === FAILED || result === THREW);
  if (reasons.length > 0) {
    const listed = reasons.map(({ rule }) => ({ code: reasonCode(rule), ruleId: String(rule.id) }));
    out.list('reasons', listed, FIELD_BOUNDS.reasons, (reason, from) => {
      reason.string('ruleId', from['ruleId'], FIELD_BOUNDS.name);
      return reason.string('code', from['code'], 64);
    });
  } else if (verdict?.reason !== undefined) {
    out.raw('reasons', `[{"code":${quote(verdict.reason)}}]`);
  }
  if (results.length > 0) {
    out.list('rules', results, FIELD_BOUNDS.rules, (written, { rule, result }) => {
      const of = rule as (typeof results)[number]['rule'];
      written.raw('result', `"${RESULTS[result as number] ?? 'error'}"`);
      const actual = quietly(() => of.actual?.(candidate));
      written.value(
        'actual',
        actual,
        FIELD_BOUNDS.smallValueBytes,
        `rules.${of.field ?? 'actual'}`,
      );
      return written.string('id', String(of.id), FIELD_BOUNDS.id);
    });
  }
  if (stratum !== undefined) out.raw('stratum', quote(stratum));
  return { members: out.members, data: writeData(out, detail, candidate) };
}

function writeData<T>(
  out: ObjectWriter,
  detail: CandidateDetail<T>,
  candidate: T,
): string | undefined {
  const { data } = detail;
  if (data === undefined) return undefined;
  const before = out.members.length;
  out.value(
    'data',
    quietly(() => data(candidate)),
    FIELD_BOUNDS.candidateDataBytes,
    'candidates.data',
  );
  const written = out.members.slice(before + 1);
  return written === '' ? undefined : written;
}

function ruleResults<T>(verdicts: Verdicts<T>, place: number) {
  const width = verdicts.rules.length;
  return verdicts.rules.map((rule, index) => ({
    rule,
    result: verdicts.results[place * width + index] ?? NOT_ASKED,
  }));
}

function writeLedger<T>(
  verdicts: Verdicts<T>,
  ids: readonly string[],
  marks: Mark[],
): CandidateText['ledger'] {
  let kept = Math.min(ids.length, MAX_LEDGER_IDS);
  let quoted = JSON.stringify(ids.slice(0, kept));
  while (quoted.length > MAX_LEDGER_LENGTH) {
    kept = Math.floor((kept * MAX_LEDGER_LENGTH) / quoted.length);
    quoted = JSON.stringify(ids.slice(0, kept));
  }
  if (kept < ids.length) {
    const original = ids.length;
    marks.push({ path: '/candidates/ledger', kind: 'truncated', original, kept, unit: 'items' });
  }
  const { kinds, kindOf } = verdicts;
  const reasons = [...new Set(kinds.flatMap(({ reason }) => reason ?? []))];
  const letters = kinds.map(({ outcome }) => LETTERS[outcome]);
  const indexes = kinds.map(({ reason }) =>
    String(reason === undefined ? -1 : reasons.indexOf(reason)),
  );
  const outcomes: string[] = [];
  const reasonIndexes: string[] = [];
  for (let place = 0; place < kept; place += 1) {
    const kind = kindOf[place] ?? 0;
    outcomes.push(letters[kind] ?? '');
    reasonIndexes.push(indexes[kind] ?? '');
  }
  const scores = verdicts.scores?.slice(0, kept).map((score) => score ?? null);
  return {
    members:
      `"ids":${quoted},"outcomes":"${outcomes.join('')}","reasons":${JSON.stringify(reasons)}` +
      `,"reasonIx":[${reasonIndexes.join(',')}]`,
    scores: scores === undefined ? undefined : JSON.stringify(scores),
  };
}

/** The host's functions for the record alone must not end what it really does. */
function quietly<R>(ask: () => R): R | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
