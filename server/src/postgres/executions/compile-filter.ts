import { sql, type RawBuilder } from 'kysely';
import {
  FAILED_STATUSES,
  durationMs,
  metadataValues,
  splitRuleKey,
  startedBounds,
  stringifyJson,
  type QueryLeaf,
  type QueryNode,
  type QueryValue,
  type TermNode,
} from '@xray/core';
import { isSought, type Sought } from '../../store/fields.js';
import { instant } from '../instant.js';
import type { Condition } from '../scope.js';

export interface CompileOptions {
  /** In ms since the epoch, for `started:>-24h`. */
  now: number;
  /** The condition for a word or a candidate. */
  seek: (sought: Sought) => Condition;
}

/**
 * The query in SQL, with every value bound. It means the same as `matchesQuery`: a comparison with
 * an absent value is NULL, which `AND`, `OR` and `WHERE` treat as false. So its negation is `IS NOT
 * TRUE`.
 */
export function compileFilter(query: QueryNode, options: CompileOptions): Condition {
  switch (query.kind) {
    case 'and':
      return query.nodes.length === 0 ? sql`true` : joinConditions(query.nodes, ' AND ', options);
    case 'or':
      return joinConditions(query.nodes, ' OR ', options);
    case 'not':
      return mayBeNull(query.node)
        ? sql`(${compileFilter(query.node, options)}) IS NOT TRUE`
        : sql`NOT (${compileFilter(query.node, options)})`;
    default:
      return compileLeaf(query, options);
  }
}

/**
 * The part of the condition that columns can answer. Every execution that matches the query also
 * matches this condition. A word counts as found, and under a NOT as not found.
 */
export function compileWhatIsKnown(query: QueryNode, now: number): Condition {
  let isNegated = false;
  const walk = (node: QueryNode): QueryNode => {
    switch (node.kind) {
      case 'and':
      case 'or':
        return { ...node, nodes: node.nodes.map(walk) };
      case 'not': {
        isNegated = !isNegated;
        const inner = walk(node.node);
        isNegated = !isNegated;
        return { ...node, node: inner };
      }
      default: {
        if (!isSought(node)) return node;
        const { start, end } = node;
        const anything: QueryNode = { kind: 'and', nodes: [], start, end };
        return isNegated ? { kind: 'not', node: anything, start, end } : anything;
      }
    }
  };
  const seek = (): never => {
    throw new TypeError('every word was replaced');
  };
  return compileFilter(walk(query), { now, seek });
}

/** Fields that are equal for all executions of one fingerprint (fingerprints.ts). */
const ALIKE: ReadonlySet<string> = new Set<TermNode['field'] | 'adverse'>([
  'pipeline',
  'env',
  'status',
  'outcome',
  'adverse',
  'error',
  'version',
  'reason',
  'decisive',
  'rule',
  'tag',
]);

/** Whether the query matches either all or none of the executions of one fingerprint. */
export function isOfAlike(query: QueryNode): boolean {
  switch (query.kind) {
    case 'not':
      return isOfAlike(query.node);
    case 'and':
    case 'or':
      return query.nodes.every(isOfAlike);
    case 'term':
    case 'present':
      // `rule.ID.threshold` asks the steps.
      return ALIKE.has(query.field) && !(query.field === 'rule' && query.key !== null);
    case 'flag':
      return ALIKE.has(query.field);
    default:
      return false;
  }
}

/** For NOT, Postgres can estimate the rows and use an index. For IS NOT TRUE it can do neither. */
function mayBeNull(node: QueryNode): boolean {
  switch (node.kind) {
    case 'and':
    case 'or':
      return node.nodes.some(mayBeNull);
    case 'not':
    case 'present':
    case 'flag':
    case 'started':
    case 'steps':
      return false;
    case 'duration':
    case 'text':
      return true;
    case 'term':
      if (node.field === 'version' || node.field === 'metadata') {
        return node.values.some(({ match }) => match === 'prefix');
      }
      return node.field === 'outcome' || node.field === 'error' || node.field === 'candidate';
  }
}

function joinConditions(
  nodes: QueryNode[],
  by: ' AND ' | ' OR ',
  options: CompileOptions,
): Condition {
  const conditions = nodes.map((node) => compileFilter(node, options));
  return sql`(${sql.join(conditions, sql.raw(by))})`;
}

function compileLeaf(leaf: QueryLeaf, options: CompileOptions): Condition {
  if (isSought(leaf)) return options.seek(leaf);
  switch (leaf.kind) {
    case 'term':
      return compileTerm(leaf);
    case 'present':
      return compilePresent(leaf);
    case 'flag':
      return compileFlag(leaf);
    case 'duration':
      return sql`e.duration_ms ${sql.raw(leaf.op)} ${durationMs(leaf)}::double precision`;
    case 'steps':
      return sql`e.step_count ${sql.raw(leaf.op)} ${leaf.count}::integer`;
    case 'started': {
      const { from, to } = startedBounds(leaf, options.now);
      const bounds = [
        ...(from === -Infinity ? [] : [sql`e.at >= ${instant(from)}`]),
        ...(to === Infinity ? [] : [sql`e.at < ${instant(to)}`]),
      ];
      return sql`(${sql.join(bounds, sql` AND `)})`;
    }
  }
}

function compileFlag({ field, value }: Extract<QueryLeaf, { kind: 'flag' }>): Condition {
  // This is never NULL, and is written exactly as in the index executions_conflict.
  if (field === 'conflict') return value ? sql`e.conflict` : sql`NOT e.conflict`;
  return value ? sql`e.adverse IS TRUE` : sql`e.adverse IS FALSE`;
}

/** Columns with one text, and columns with many. */
const ONE = {
  pipeline: 'e.pipeline',
  status: 'e.status',
  outcome: 'e.outcome',
  env: 'e.environment',
  error: 'e.error_type',
  id: 'e.execution_id',
} as const;
const MANY = {
  reason: 'e.reasons',
  rule: 'e.rules',
  decisive: 'e.decisive',
  tag: 'e.tags',
} as const;

function compileTerm({ field, key, values }: TermNode): Condition {
  switch (field) {
    case 'step':
    case 'failed': {
      const name = equalsAny(sql`s.name`, values);
      return sql`EXISTS (SELECT FROM xray.steps s
        WHERE s.execution = e.id AND ${name}${field === 'failed' ? sql` AND ${IS_FAILED}` : sql``})`;
    }
    case 'rule':
      if (key !== null) return any(values.map((value) => hasSetting(key, value)));
      return overlaps(sql.ref(MANY.rule), values);
    case 'reason':
    case 'decisive':
    case 'tag':
      return overlaps(sql.ref(MANY[field]), values);
    case 'subject':
      return any(values.map(hasSubject));
    case 'version':
      return any(values.map((value) => hasText(sql`e.versions`, key ?? '', value)));
    case 'metadata':
      return any(values.map((value) => hasMetadata(key ?? '', value)));
    case 'candidate':
      throw new Error('a candidate is sought and not compared');
    default:
      return equalsAny(sql.ref(ONE[field]), values);
  }
}

const IS_FAILED = sql`s.status IN (${sql.join(FAILED_STATUSES.map((status) => sql.lit(status)))})`;

function compilePresent({ field, key }: Extract<QueryLeaf, { kind: 'present' }>): Condition {
  switch (field) {
    case 'outcome':
    case 'error':
      return sql`${sql.ref(ONE[field])} IS NOT NULL`;
    case 'adverse':
      return sql`e.adverse IS NOT NULL`;
    case 'duration':
      return sql`e.duration_ms IS NOT NULL`;
    case 'rule':
      return key === null ? sql`${sql.ref(MANY.rule)} <> '{}'` : hasSettingAt(key, sql`true`);
    case 'reason':
    case 'decisive':
    case 'tag':
      return sql`${sql.ref(MANY[field])} <> '{}'`;
    case 'subject':
      return sql`e.subjects <> '[]'`;
    case 'version':
      return sql`jsonb_exists(e.versions, ${key})`;
    case 'metadata':
      return sql`jsonb_exists(e.metadata, ${key})`;
    case 'step':
    case 'steps':
      return sql`e.step_count > 0`;
    case 'failed':
      return sql`e.failed_step_count > 0`;
    // Every execution has a value for these.
    case 'pipeline':
    case 'status':
    case 'env':
    case 'id':
    case 'conflict':
    case 'started':
      return sql`true`;
  }
}

function equalsAny(column: RawBuilder<unknown>, values: QueryValue[]): Condition {
  const equal = values.filter(({ match }) => match === 'is').map(({ text }) => text);
  return any([
    ...(equal.length === 0 ? [] : [sql<boolean>`${column} IN (${sql.join(equal)})`]),
    ...prefixes(values).map((text) => startsWith(column, text)),
  ]);
}

function overlaps(column: RawBuilder<unknown>, values: QueryValue[]): Condition {
  const equal = values.filter(({ match }) => match === 'is').map(({ text }) => text);
  return any([
    ...(equal.length === 0 ? [] : [sql<boolean>`${column} && ARRAY[${sql.join(equal)}]::text[]`]),
    ...prefixes(values).map(
      (text) =>
        sql<boolean>`EXISTS (SELECT FROM unnest(${column}) AS v WHERE ${startsWith(sql`v`, text)})`,
    ),
  ]);
}

function hasText(column: RawBuilder<unknown>, key: string, { match, text }: QueryValue): Condition {
  if (match === 'is') return contains(column, { [key]: text });
  return startsWith(sql`(${column} ->> ${key}::text)`, text);
}

function hasMetadata(key: string, value: QueryValue): Condition {
  if (value.match === 'is') {
    return any(
      metadataValues(value.text).map((candidate) =>
        contains(sql`e.metadata`, { [key]: candidate }),
      ),
    );
  }
  return sql`(jsonb_typeof(e.metadata -> ${key}::text) = 'string'
    AND ${hasText(sql`e.metadata`, key, value)})`;
}

/** Whether a step asked the rule of `rule.ID.PART` with this value. */
function hasSetting(key: string, value: QueryValue): Condition {
  const { rule, part } = splitRuleKey(key);
  if (part === undefined) return sql`false`;
  if (value.match === 'is') {
    const settings = metadataValues(value.text).map((one) => [{ id: rule, [part]: one }]);
    const asked = any(settings.map((setting) => contains(sql`s.rules`, setting)));
    return sql`EXISTS (SELECT FROM xray.steps s WHERE s.execution = e.id AND ${asked})`;
  }
  return hasSettingAt(
    key,
    sql`(jsonb_typeof(r -> ${part}::text) = 'string' AND ${startsWith(sql`(r ->> ${part}::text)`, value.text)})`,
  );
}

/** Whether a step asked the rule with some value of the part for which the condition on `r` holds. */
function hasSettingAt(key: string, condition: Condition): Condition {
  const { rule, part = '' } = splitRuleKey(key);
  return sql`EXISTS (SELECT FROM xray.steps s CROSS JOIN LATERAL jsonb_array_elements(s.rules) AS r
    WHERE s.execution = e.id AND s.rules IS NOT NULL AND r ->> 'id' = ${rule}
      AND jsonb_exists(r, ${part}) AND ${condition})`;
}

function hasSubject({ match, text }: QueryValue): Condition {
  const isWhole = text.includes('/');
  if (match === 'is') {
    // The type and the id may themselves contain slashes.
    const splits = [...text.matchAll(/\//g)].map(({ index }) => ({
      type: text.slice(0, index),
      id: text.slice(index + 1),
    }));
    return any([{ id: text }, ...splits].map((subject) => contains(sql`e.subjects`, [subject])));
  }
  const begins = [sql`s.id`, ...(isWhole ? [sql`(s.type || '/' || s.id)`] : [])];
  return sql`EXISTS (SELECT FROM jsonb_to_recordset(e.subjects) AS s(type text, id text)
    WHERE ${any(begins.map((written) => startsWith(written, text)))})`;
}

function prefixes(values: QueryValue[]): string[] {
  return values.filter(({ match }) => match === 'prefix').map(({ text }) => text);
}

function startsWith(column: RawBuilder<unknown>, text: string): Condition {
  return sql`starts_with(${column}, ${text})`;
}

/** The form that a GIN index of class jsonb_path_ops supports. */
function contains(column: RawBuilder<unknown>, value: object): Condition {
  return sql`${column} @> ${stringifyJson(value)}::jsonb`;
}

function any(conditions: Condition[]): Condition {
  return sql`(${sql.join(conditions, sql` OR `)})`;
}
