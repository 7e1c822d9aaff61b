import {
  FAILED_STATUSES,
  durationMs,
  metadataValues,
  splitRuleKey,
  startedBounds,
  type QueryLeaf,
  type QueryNode,
  type QueryValue,
  type TermNode,
} from '@xray/core';
import { isSought, type Sought } from '../store/fields.js';
import { settingStart, settingText } from './flush-row.js';
import { storable, type Params } from './params.js';
import { canonical } from './words.js';

interface CompileOptions {
  params: Params;
  /** ms since the epoch, for `started:>-24h`. */
  nowMs: number;
  seek: (sought: Sought) => string;
}

/**
 * A condition on `executions`, with every value a parameter. It means the same as `matchesQuery`. It is never
 * NULL, so that NOT turns it round.
 */
export function compileFilter(query: QueryNode, options: CompileOptions): string {
  switch (query.kind) {
    case 'and':
      return query.nodes.length === 0 ? 'true' : joined(query.nodes, ' AND ', options);
    case 'or':
      return joined(query.nodes, ' OR ', options);
    case 'not':
      return `(NOT ${compileFilter(query.node, options)})`;
    default:
      return compileLeaf(query, options);
  }
}

/**
 * The part of the filter that columns can answer. Every execution that matches the filter also matches this
 * condition: a word counts as found, and under a NOT as not found.
 */
export function compileWhatIsKnown(query: QueryNode, params: Params, nowMs: number): string {
  const walk = (node: QueryNode, isNegated: boolean): string => {
    switch (node.kind) {
      case 'and':
      case 'or': {
        if (node.nodes.length === 0) return 'true';
        const parts = node.nodes.map((each) => walk(each, isNegated));
        return `(${parts.join(node.kind === 'and' ? ' AND ' : ' OR ')})`;
      }
      case 'not':
        return `(NOT ${walk(node.node, !isNegated)})`;
      default:
        return compileLeaf(node, { params, nowMs, seek: () => String(!isNegated) });
    }
  };
  return walk(query, false);
}

function joined(nodes: QueryNode[], by: string, options: CompileOptions): string {
  return `(${nodes.map((node) => compileFilter(node, options)).join(by)})`;
}

function compileLeaf(leaf: QueryLeaf, options: CompileOptions): string {
  if (isSought(leaf)) return options.seek(leaf);
  const { params } = options;
  switch (leaf.kind) {
    case 'term':
      return compileTerm(leaf, params);
    case 'present':
      return compilePresent(leaf, params);
    case 'flag':
      if (leaf.field === 'conflict') return leaf.value ? CONFLICT : `(NOT ${CONFLICT})`;
      return `ifNull(adverse = ${leaf.value}, false)`;
    case 'duration':
      return `ifNull(duration_ms ${leaf.op} ${params.float(durationMs(leaf))}, false)`;
    case 'steps':
      return `step_count ${leaf.op} ${params.int(leaf.count)}`;
    case 'started': {
      const { from, to } = startedBounds(leaf, options.nowMs);
      const bounds = [
        ...(from === -Infinity ? [] : [`at >= ${params.int(from)}`]),
        ...(to === Infinity ? [] : [`at < ${params.int(to)}`]),
      ];
      return bounds.length === 0 ? 'true' : `(${bounds.join(' AND ')})`;
    }
  }
}

/** The last bit of a version. */
export const CONFLICT = '(bitAnd(version, toUInt128(1)) = 1)';

/** Columns with one text, and columns with many. */
const ONE = {
  pipeline: 'pipeline',
  status: 'status',
  outcome: 'outcome',
  env: 'environment',
  error: 'error_type',
  id: 'execution_id',
} as const;
const MANY = { reason: 'reasons', rule: 'rules', decisive: 'decisive', tag: 'tags' } as const;

const FAILED = `(${FAILED_STATUSES.map((status) => `'${status}'`).join(', ')})`;
const FAILED_NAMES = `arrayFilter((name, status) -> status IN ${FAILED}, step_names, step_statuses)`;

function compileTerm({ field, key, values }: TermNode, params: Params): string {
  switch (field) {
    case 'step':
      return hasAny('step_names', values, params);
    case 'failed':
      return hasAny(FAILED_NAMES, values, params);
    case 'rule':
      if (key === null) return hasAny(MANY.rule, values, params);
      return any(values.map((value) => hasSetting(key, value, params)));
    case 'reason':
    case 'decisive':
    case 'tag':
      return hasAny(MANY[field], values, params);
    case 'subject':
      return any(values.map((value) => hasSubject(value, params)));
    case 'version': {
      const name = params.text(key ?? '');
      return `(mapContains(versions, ${name}) AND ${equalsAny(`versions[${name}]`, values, params)})`;
    }
    case 'metadata':
      return any(values.map((value) => hasMetadata(key ?? '', value, params)));
    case 'candidate':
      throw new Error('a candidate is sought and not compared');
    case 'outcome':
    case 'error':
      return `ifNull(${equalsAny(ONE[field], values, params)}, false)`;
    default:
      return equalsAny(ONE[field], values, params);
  }
}

function compilePresent(
  { field, key }: Extract<QueryLeaf, { kind: 'present' }>,
  params: Params,
): string {
  switch (field) {
    case 'outcome':
    case 'error':
      return `(${ONE[field]} IS NOT NULL)`;
    case 'adverse':
      return '(adverse IS NOT NULL)';
    case 'duration':
      return '(duration_ms IS NOT NULL)';
    case 'rule': {
      if (key === null) return 'notEmpty(rules)';
      const { rule, part } = splitRuleKey(key);
      return part === undefined ? 'false' : anySetting(settingStart(rule, part), params);
    }
    case 'reason':
    case 'decisive':
    case 'tag':
      return `notEmpty(${MANY[field]})`;
    case 'subject':
      return 'notEmpty(subject_ids)';
    case 'version':
      return `mapContains(versions, ${params.text(key ?? '')})`;
    case 'metadata':
      return `mapContains(metadata, ${params.text(key ?? '')})`;
    case 'step':
    case 'steps':
      return '(step_count > 0)';
    case 'failed':
      return '(failed_step_count > 0)';
    // Every execution has a value for these.
    case 'pipeline':
    case 'status':
    case 'env':
    case 'id':
    case 'conflict':
    case 'started':
      return 'true';
  }
}

function equalsAny(column: string, values: QueryValue[], params: Params): string {
  const equal = textsOf(values, 'is');
  return any([
    ...(equal.length === 0 ? [] : [`${column} IN ${params.texts(equal)}`]),
    ...textsOf(values, 'prefix').map((text) => `startsWith(${column}, ${params.text(text)})`),
  ]);
}

function hasAny(column: string, values: QueryValue[], params: Params): string {
  const equal = textsOf(values, 'is');
  return any([
    ...(equal.length === 0 ? [] : [`hasAny(${column}, ${params.texts(equal)})`]),
    ...textsOf(values, 'prefix').map(
      (text) => `arrayExists(v -> startsWith(v, ${params.text(text)}), ${column})`,
    ),
  ]);
}

function hasMetadata(key: string, value: QueryValue, params: Params): string {
  const found = `metadata[${params.text(key)}]`;
  // The values are the texts of JSON, and that of no value is empty. A text begins with a quote.
  if (value.match === 'prefix') return `startsWith(${found}, ${params.text(openText(value.text))})`;
  return `${found} IN ${params.texts(metadataValues(value.text).map(canonical))}`;
}

/** Whether a step asked the rule of `rule.ID.PART` with this value. */
function hasSetting(key: string, value: QueryValue, params: Params): string {
  const { rule, part } = splitRuleKey(key);
  if (part === undefined) return 'false';
  if (value.match === 'prefix') {
    return anySetting(settingStart(rule, part) + openText(value.text), params);
  }
  const texts = metadataValues(value.text).map((each) => settingText(rule, part, each));
  return `hasAny(settings, ${params.texts(texts)})`;
}

function anySetting(start: string, params: Params): string {
  return `arrayExists(v -> startsWith(v, ${params.text(start)}), settings)`;
}

/** The JSON of a text without its end. */
function openText(text: string): string {
  return JSON.stringify(storable(text)).slice(0, -1);
}

function hasSubject({ match, text }: QueryValue, params: Params): string {
  const isWhole = text.includes('/');
  const value = params.text(text);
  const pairs = "arrayMap((type, id) -> concat(type, '/', id), subject_types, subject_ids)";
  if (match === 'is') {
    return any([`has(subject_ids, ${value})`, ...(isWhole ? [`has(${pairs}, ${value})`] : [])]);
  }
  const begins = (column: string): string => `arrayExists(v -> startsWith(v, ${value}), ${column})`;
  return any([begins('subject_ids'), ...(isWhole ? [begins(pairs)] : [])]);
}

function textsOf(values: QueryValue[], match: QueryValue['match']): string[] {
  return values.filter((value) => value.match === match).map(({ text }) => text);
}

function any(conditions: string[]): string {
  return conditions.length === 0 ? 'false' : `(${conditions.join(' OR ')})`;
}
