import {
  compareNumbers,
  isNumber,
  isStorableNumber,
  readNumber,
  type RecordedNumber,
} from './exact-json.js';
import { splitRuleKey } from './query-fields.js';
import type { RuleSetting } from './rule-settings.js';
import type { Status } from './snapshot.js';
import type {
  CompareOp,
  FlagField,
  PresentNode,
  QueryNode,
  QueryValue,
  TermNode,
} from './query-tree.js';
import { boundsOf, durationMs } from './query-values.js';

/** The facts of one execution that a filter can test. The store has them in columns. */
export interface QueryFacts {
  executionId: string;
  pipeline: string;
  environment: string;
  status: Status;
  outcome: string | null;
  adverse: boolean | null;
  conflict: boolean;
  /** Milliseconds since the epoch. */
  at: number;
  durationMs: number | null;
  versions: Record<string, string>;
  metadata: Record<string, unknown>;
  subjects: { type: string; id: string }[];
  tags: string[];
  reasons: string[];
  /** Ids of rules that failed. */
  rules: string[];
  /** Ids of rules that decided. */
  decisive: string[];
  /** The rules that steps asked, as they were set. */
  ruleSettings: RuleSetting[];
  errorType: string | null;
  steps: { name: string; status: string }[];
}

/** Facts that no column holds, and the clock. */
export interface QueryContext {
  /** Milliseconds since the epoch. Ages such as `started:>-24h` count from here. */
  now: number;
  hasCandidate: (id: string) => boolean;
  hasText: (text: string, quoted: boolean) => boolean;
}

/** The statuses of a step or execution that count as failed. */
export const FAILED_STATUSES: readonly string[] = ['failed', 'timed_out'];

export function hasFailed({ status }: { status?: string | null | undefined }): boolean {
  return FAILED_STATUSES.includes(status ?? '');
}

/**
 * Whether an execution matches the query. This defines the meaning; tests compare the store's SQL with it.
 */
export function matchesQuery(query: QueryNode, facts: QueryFacts, context: QueryContext): boolean {
  switch (query.kind) {
    case 'and':
      return query.nodes.every((node) => matchesQuery(node, facts, context));
    case 'or':
      return query.nodes.some((node) => matchesQuery(node, facts, context));
    case 'not':
      return !matchesQuery(query.node, facts, context);
    case 'term':
      return query.values.some((value) => matchesValue(query, value, facts, context));
    case 'present':
      return isPresent(query, facts);
    case 'flag':
      return flagOf(query.field, facts) === query.value;
    case 'duration':
      return facts.durationMs !== null && holds(facts.durationMs, query.op, durationMs(query));
    case 'steps':
      return query.op === '='
        ? facts.steps.length === query.count
        : holds(facts.steps.length, query.op, query.count);
    case 'started': {
      const { from, to } = startedBounds(query, context.now);
      return facts.at >= from && facts.at < to;
    }
    case 'text':
      return context.hasText(query.text, query.quoted);
  }
}

/** The range of a `started:` term in ms since the epoch: [from, to). Either end may be infinite. */
export function startedBounds(
  { op, time }: Extract<QueryNode, { kind: 'started' }>,
  now: number,
): { from: number; to: number } {
  const { from, to } = boundsOf(time, now);
  switch (op) {
    case '=':
      return { from, to };
    case '>':
      return { from: to, to: Infinity };
    case '>=':
      return { from, to: Infinity };
    case '<':
      return { from: -Infinity, to: from };
    case '<=':
      return { from: -Infinity, to };
  }
}

/**
 * The metadata values that a written value equals: a text, and the number or boolean with this spelling.
 */
export function metadataValues(text: string): MetadataValue[] {
  const values: MetadataValue[] = [text];
  if (text === 'true' || text === 'false') values.push(text === 'true');
  const number = readNumber(text);
  if (number !== undefined && isStorableNumber(number)) values.push(number);
  return values;
}

export type MetadataValue = string | RecordedNumber | boolean;

function areEqual(a: MetadataValue, b: unknown): boolean {
  return isNumber(a) && isNumber(b) ? compareNumbers(a, b) === 0 : a === b;
}

function matchesValue(
  { field, key }: TermNode,
  value: QueryValue,
  facts: QueryFacts,
  context: QueryContext,
): boolean {
  if (field === 'candidate') return context.hasCandidate(value.text);
  if (field === 'subject') {
    // An id may contain a slash itself.
    const isWhole = value.text.includes('/');
    return facts.subjects.some(
      ({ type, id }) => isMatch(value, id) || (isWhole && isMatch(value, `${type}/${id}`)),
    );
  }
  if (field === 'rule' && key !== null) {
    return settingsAt(key, facts).some((found) => {
      if (value.match === 'prefix') return typeof found === 'string' && isMatch(value, found);
      return metadataValues(value.text).some((one) => areEqual(one, found));
    });
  }
  if (field === 'metadata') {
    const found = ownValue(facts.metadata, key);
    if (value.match === 'is')
      return metadataValues(value.text).some((wanted) => areEqual(wanted, found));
    return typeof found === 'string' && isMatch(value, found);
  }
  return textsOf(field, key, facts).some((text) => isMatch(value, text));
}

function isMatch({ match, text }: QueryValue, found: string): boolean {
  return match === 'is' ? found === text : found.startsWith(text);
}

function isPresent({ field, key }: PresentNode, facts: QueryFacts): boolean {
  switch (field) {
    case 'metadata': {
      const found = ownValue(facts.metadata, key);
      return found !== undefined && found !== null;
    }
    case 'rule':
      return key === null ? facts.rules.length > 0 : settingsAt(key, facts).length > 0;
    case 'subject':
      return facts.subjects.length > 0;
    case 'adverse':
    case 'conflict':
      return flagOf(field, facts) !== null;
    case 'duration':
      return facts.durationMs !== null;
    case 'started':
      return true;
    case 'steps':
      return facts.steps.length > 0;
    default:
      return textsOf(field, key, facts).length > 0;
  }
}

/** The values of `rule.ID.PART`. */
function settingsAt(key: string, { ruleSettings }: QueryFacts): unknown[] {
  const { rule, part } = splitRuleKey(key);
  if (part === undefined) return [];
  return ruleSettings
    .filter(({ id }) => id === rule)
    .map((setting) => setting[part])
    .filter((value) => value !== undefined);
}

function flagOf(field: FlagField, facts: QueryFacts): boolean | null {
  return field === 'adverse' ? facts.adverse : facts.conflict;
}

function textsOf(
  field: Exclude<TermNode['field'], 'candidate' | 'subject' | 'metadata'>,
  key: string | null,
  facts: QueryFacts,
): string[] {
  switch (field) {
    case 'pipeline':
      return [facts.pipeline];
    case 'status':
      return [facts.status];
    case 'env':
      return [facts.environment];
    case 'id':
      return [facts.executionId];
    case 'outcome':
      return facts.outcome === null ? [] : [facts.outcome];
    case 'error':
      return facts.errorType === null ? [] : [facts.errorType];
    case 'reason':
      return facts.reasons;
    case 'rule':
      return facts.rules;
    case 'decisive':
      return facts.decisive;
    case 'tag':
      return facts.tags;
    case 'version': {
      const version = ownValue(facts.versions, key);
      return typeof version === 'string' ? [version] : [];
    }
    case 'step':
      return facts.steps.map(({ name }) => name);
    case 'failed':
      return facts.steps.filter(hasFailed).map(({ name }) => name);
  }
}

function ownValue(record: Record<string, unknown>, key: string | null): unknown {
  return key !== null && Object.hasOwn(record, key) ? record[key] : undefined;
}

function holds(found: number, op: CompareOp, bound: number): boolean {
  switch (op) {
    case '>':
      return found > bound;
    case '>=':
      return found >= bound;
    case '<':
      return found < bound;
    case '<=':
      return found <= bound;
  }
}
