import { createScratch } from '#platform';

import { sampleCandidates, type SampledStratum } from './candidate-sample.js';
import {
  type CandidateOptions,
  FAILED,
  type FilterRule,
  isReasonCut,
  NOT_ASKED,
  PASSED,
  reasonCode,
  THREW,
  type Verdicts,
} from './candidates.js';
import type { Capture } from './capture.js';
import { ACTUAL_PATH, writeActual } from './fields.js';
import type { Scratch } from './platform.js';
import { FIELD_BOUNDS } from './limits.js';
import { ObjectWriter } from './object-writer.js';
import { isObject, itemsOf, quietly, readParts, scalarText, type Source } from './source.js';
import { isAscii, quote, shortName } from './text.js';
import type { RuleRecord } from './step-text.js';
import type { Outcome } from './wire/candidates.js';
import type { Mark } from './wire/snapshot.js';

/** A candidate set as JSON text. An oversized snapshot may shed each part but `head`. */
export interface CandidateText {
  /** Counts, cutoff and strata, without braces. They are never shed. */
  readonly head: string;
  readonly items: readonly { readonly members: string; readonly data: string | undefined }[];
  readonly ledger: { readonly members: string; readonly scores: string | undefined } | undefined;
  readonly isAscii: boolean;
  /** The paths of these marks begin at the step. */
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

/** Options for the detail of each candidate. */
export interface CandidateDetail<T> extends CandidateOptions<T> {
  readonly scores?: ((candidate: T) => Record<string, number>) | undefined;
}

/** Captures the verdicts: exact counts, detail of at most `maxItems` candidates, and the ledger. */
export function writeCandidates<T>(
  capture: Capture,
  verdicts: Verdicts<T>,
  detail: CandidateDetail<T>,
  executionId: string,
  maxItems: number,
): CandidateText {
  const lost: string[] = [];
  const write = (from: Source): CandidateText => {
    const known = from as unknown as CandidateDetail<T>;
    return writeSet(capture, verdicts, known, executionId, maxItems);
  };
  const text = readParts(detail, write, (key) => lost.push(key));
  const marks = lost.map((key): Mark => ({ path: `/candidates/${key}`, kind: 'dropped' }));
  return marks.length === 0 ? text : { ...text, marks: [...text.marks, ...marks] };
}

function writeSet<T>(
  capture: Capture,
  verdicts: Verdicts<T>,
  detail: CandidateDetail<T>,
  executionId: string,
  maxItems: number,
): CandidateText {
  const marks: Mark[] = [];
  const named = nameCandidates(verdicts.candidates, detail.id);
  const { ids } = named;
  const strata = sampleCandidates(verdicts, ids, watchedIds(detail.watch), executionId, maxItems);

  const head = new ObjectWriter(capture, marks, '/candidates');
  head.string('type', detail.type, FIELD_BOUNDS.name);
  head.boolean('person', detail.person);
  head.raw('in', String(ids.length));
  const { byOutcome, byReason } = countVerdicts(verdicts);
  head.raw('out', String((byOutcome['selected'] ?? 0) + (byOutcome['kept'] ?? 0)));
  head.raw('byOutcome', JSON.stringify(byOutcome));
  if (Object.keys(byReason).length > 0) head.raw('byReason', JSON.stringify(byReason));
  if (verdicts.rules.some(isReasonCut)) head.mark('byReason', { kind: 'truncated' });
  if (verdicts.cutoff !== undefined) head.raw('cutoff', String(verdicts.cutoff));
  const kept = strata.reduce((sum, stratum) => sum + stratum.places.length, 0);
  if (kept < ids.length) {
    head.mark('items', { kind: 'sampled', original: ids.length, kept, unit: 'items' });
    head.raw('strata', JSON.stringify(strata.map(describeStratum)));
  }
  const items = strata.flatMap((stratum) =>
    stratum.places.map((place) => ({ place, stratum: stratum.name })),
  );
  items.sort((a, b) => a.place - b.place);
  for (const kind of new Set(named.changes.values())) {
    marks.push({ path: '/candidates/ledger/ids', kind });
  }
  const rules = nameRules(capture, verdicts.rules);
  const texts = items.map(({ place, stratum }, index) => {
    const out = new ObjectWriter(capture, marks, `/candidates/items/${String(index)}`);
    const change = named.changes.get(place);
    if (change !== undefined) out.mark('id', { kind: change });
    const shown = kept < ids.length ? stratum : undefined;
    return writeItem(out, verdicts, rules, detail, ids, place, shown);
  });
  const ledger = writeLedger(verdicts, ids, named.arePlain, marks);
  // The ids are the longest part. They are known to be ASCII.
  const others = texts.map(({ members, data = '' }) => members + data).join('') + head.members;
  const reasons = verdicts.kinds.map(({ reason = '' }) => reason).join('');
  return {
    head: head.members,
    items: texts,
    ledger,
    isAscii: named.arePlain && isAscii(others + reasons),
    marks,
  };
}

const MAX_WATCHED = 10_000;

function watchedIds(watch: unknown): ReadonlySet<string> {
  const { items } = itemsOf(watch, MAX_WATCHED) ?? { items: [] };
  return new Set(items.flatMap((id) => idText(id) ?? []).map((id) => shortName(id, MAX_ID_LENGTH)));
}

/** Returns each rule of a filter with exact counts over all candidates. */
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
    const evaluated = passed + failed + error;
    const decisive = tallies[index]?.decisive ?? 0;
    return {
      effect: 'reject',
      counts: { evaluated, passed, failed, skipped, error, decisive },
      // Getters, so that a part of the rule that cannot be read loses only that part.
      get id() {
        return rule.id;
      },
      get version() {
        return rule.version;
      },
      get field() {
        return rule.field;
      },
      get op() {
        return rule.op;
      },
      get unit() {
        return rule.unit;
      },
      get threshold() {
        return rule.threshold;
      },
    };
  });
}

function describeStratum({ name, population, places }: SampledStratum): object {
  return { name, population, kept: places.length };
}

const MAX_ID_LENGTH = 256;

interface NamedCandidates {
  readonly ids: readonly string[];
  /** By place, the ids that differ from the host's, and the kind of the change. */
  readonly changes: ReadonlyMap<number, Mark['kind']>;
  /** Whether the ids are ASCII without anything that JSON escapes. */
  readonly arePlain: boolean;
}

/** A candidate without a readable id gets its place as the id, so it is still counted. */
function nameCandidates<T>(
  candidates: readonly T[],
  id: (candidate: T) => string | number,
): NamedCandidates {
  const changes = new Map<number, Mark['kind']>();
  const ids: string[] = [];
  const missing = new Set<number>();
  let isLong = false;
  for (let place = 0; place < candidates.length; place += 1) {
    let given: string | undefined;
    try {
      given = idText(id(candidates[place] as T));
    } catch {
      // The host's function failed for this candidate.
    }
    if (given === undefined || given === '') {
      missing.add(place);
      given = `#${String(place)}`;
    } else if (given.length > MAX_ID_LENGTH) isLong = true;
    ids.push(given);
  }
  // One look at all ids is faster than one at each.
  const arePlain = !isLong && /^[ !#-[\]-~]*$/.test(ids.join(''));
  if (arePlain && missing.size === 0) return { ids, changes, arePlain };
  const fitting = ids.map((given, place) => {
    const fitted = arePlain ? given : shortName(given, MAX_ID_LENGTH);
    if (missing.has(place)) changes.set(place, 'dropped');
    else if (fitted !== given) {
      changes.set(place, given.length > MAX_ID_LENGTH ? 'truncated' : 'coerced');
    }
    return fitted;
  });
  return { ids: fitting, changes, arePlain };
}

function idText(id: unknown): string | undefined {
  if (typeof id === 'string') return id;
  return scalarText(id) ?? (isObject(id) ? String(id) : undefined);
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
  rules: readonly NamedRule<T>[],
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
  const parts = ask(out, 'scores', () => detail.scores?.(candidate));
  if (parts !== undefined) {
    out.record('scores', parts, FIELD_BOUNDS.metrics, (entry, key, value) =>
      entry.number(key, value),
    );
  }
  if (verdicts.isRanked) out.raw('rank', String(place + 1));
  const results = ruleResults(rules, verdicts, place);
  const reasons = results.filter(({ result }) => result === FAILED || result === THREW);
  if (reasons.length > 0) {
    out.list('reasons', reasons, FIELD_BOUNDS.reasons, (reason, from) => {
      const { named } = from as unknown as (typeof reasons)[number];
      reason.raw('code', quote(named.code));
      reason.string('ruleId', named.id, FIELD_BOUNDS.name);
      return true;
    });
  } else if (verdict?.reason !== undefined) {
    out.raw('reasons', `[{"code":${quote(verdict.reason)}}]`);
  }
  if (results.length > 0) {
    out.list('rules', results, FIELD_BOUNDS.rules, (written, from) => {
      const { named, result } = from as unknown as (typeof results)[number];
      written.required('id', named.id, FIELD_BOUNDS.id);
      written.raw('result', `"${RESULTS[result] ?? 'error'}"`);
      const actual = ask(written, 'actual', () => named.rule.actual?.(candidate));
      if (named.path === undefined) writeActual(written, actual, named.field, named.id);
      else written.value('actual', actual, FIELD_BOUNDS.smallValueBytes, named.path);
      return true;
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
  const given = ask(out, 'data', () => data(candidate));
  out.value('data', given, FIELD_BOUNDS.candidateDataBytes, 'candidates.data');
  const written = out.members.slice(before + 1);
  return written === '' ? undefined : written;
}

/** The names of a rule. Each is read once, because a getter of the host may throw. */
interface NamedRule<T> {
  readonly rule: FilterRule<T>;
  readonly id: unknown;
  readonly field: unknown;
  readonly code: string;
  /**
   * The redaction path of every value that the rule tests. `undefined` if it depends on the value.
   */
  readonly path: string | undefined;
}

function nameRules<T>(capture: Capture, rules: readonly FilterRule<T>[]): NamedRule<T>[] {
  return rules.map((rule) => {
    const id: unknown = quietly(() => rule.id);
    const field: unknown = quietly(() => rule.field);
    const isOpen = typeof field !== 'string' && capture.isOpen(`rules.${textOf(id)}`);
    return { rule, id, field, code: reasonCode(rule), path: isOpen ? ACTUAL_PATH : undefined };
  });
}

function textOf(id: unknown): string {
  return typeof id === 'string' ? id : '';
}

function ruleResults<T>(rules: readonly NamedRule<T>[], { results }: Verdicts<T>, place: number) {
  const first = place * rules.length;
  return rules.map((named, index) => ({ named, result: results[first + index] ?? NOT_ASKED }));
}

function quoteAll(ids: readonly string[], arePlain: boolean): string {
  return arePlain && ids.length > 0 ? `["${ids.join('","')}"]` : JSON.stringify(ids);
}

let scratch: Scratch | undefined;
/** The longest index of a reason, and a comma. */
const MAX_PIECE_BYTES = 6;

/** Joins the text of each kind. Bytes are faster than thousands of small texts. */
function joinKinds(kindOf: Uint32Array, count: number, texts: readonly string[]): string {
  scratch ??= createScratch(MAX_LEDGER_IDS * MAX_PIECE_BYTES);
  const { bytes } = scratch;
  const codes = texts.map((text) => Array.from(text, (letter) => letter.charCodeAt(0)));
  let end = 0;
  for (let place = 0; place < count; place += 1) {
    const piece = codes[kindOf[place] ?? 0] ?? [];
    for (let index = 0; index < piece.length; index += 1) bytes[end++] = piece[index] ?? 0;
  }
  return scratch.text(0, end, true);
}

function writeLedger<T>(
  verdicts: Verdicts<T>,
  ids: readonly string[],
  areIdsPlain: boolean,
  marks: Mark[],
): CandidateText['ledger'] {
  let kept = Math.min(ids.length, MAX_LEDGER_IDS);
  let quoted = quoteAll(ids.slice(0, kept), areIdsPlain);
  while (quoted.length > MAX_LEDGER_LENGTH) {
    kept = Math.floor((kept * MAX_LEDGER_LENGTH) / quoted.length);
    quoted = quoteAll(ids.slice(0, kept), areIdsPlain);
  }
  if (kept < ids.length) {
    const original = ids.length;
    marks.push({ path: '/candidates/ledger', kind: 'truncated', original, kept, unit: 'items' });
  }
  const { kinds, kindOf } = verdicts;
  const reasons = [...new Set(kinds.flatMap(({ reason }) => reason ?? []))];
  const letters = kinds.map(({ outcome }) => LETTERS[outcome]);
  const indexes = kinds.map(
    ({ reason }) => `${String(reason === undefined ? -1 : reasons.indexOf(reason))},`,
  );
  const outcomes = joinKinds(kindOf, kept, letters);
  const reasonIndexes = joinKinds(kindOf, kept, indexes).slice(0, -1);
  const scores = verdicts.scores?.slice(0, kept).map((score) => score ?? null);
  return {
    members:
      `"ids":${quoted},"outcomes":"${outcomes}","reasons":${JSON.stringify(reasons)}` +
      `,"reasonIx":[${reasonIndexes}]`,
    scores: scores === undefined ? undefined : JSON.stringify(scores),
  };
}

/** These functions serve the record only, so their errors must not end the host's work. */
function ask<R>(out: ObjectWriter, key: string, question: () => R): R | undefined {
  try {
    return question();
  } catch {
    out.mark(key, { kind: 'dropped' });
    return undefined;
  }
}
