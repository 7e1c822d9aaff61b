import { sql, type RawBuilder } from 'kysely';
import {
  FAILED_STATUSES,
  allOf,
  printQuery,
  type MeasuredExecution,
  type QueryNode,
} from '@xray/core';
import {
  MAX_COURSES,
  type CohortCounts,
  type Cohorts,
  type SampledBody,
  type TraitCount,
} from '../../store/answers.js';
import { countConditionsOf, partsOf } from './conditions.js';
import type { Driver } from '../driver.js';
import type { Engine } from './engine.js';
import type { BoundedScope } from '../../store/execution-store.js';
import { isWithin } from '../rows.js';
import { bigints, hashOf, isDrawn, isOneOf, withAlike, type Bigints } from './fingerprints.js';
import { stepsOf } from './flows.js';
import { instant } from '../instant.js';
import { AGGREGATE_LIMIT_MS, readWithin } from '../read-within.js';
import { readRules, type Counted } from './rules.js';
import type { CountConditions } from '../scope.js';

type Db = Driver['db'];

/**
 * The number of executions of each cohort that are read one by one, and the smaller numbers whose
 * steps and inputs are read.
 */
const SAMPLE = 5_000;
const STEP_SAMPLE = 2_000;
const INPUT_SAMPLE = 300;
/** Larger snapshots are skipped when inputs are read. */
const MAX_INPUT_BYTES = 32_768;
/**
 * The number of counted values of one kind: the most frequent ones, if at least this many
 * executions have them.
 */
const MAX_VALUES = 300;
const MIN_EXECUTIONS = 5;

type CohortScope = CountConditions & { from: Date; to: Date };

/** Two cohorts of one app, for SQL. `common` has the conditions that both filters share. */
interface CohortPair {
  app: string;
  common: CountConditions;
  a: CohortScope;
  b: CohortScope;
}

/** Cohorts that were counted, with the fingerprints of their executions. */
interface CountedPair extends CohortCounts {
  fingerprintsA: Bigints;
  fingerprintsB: Bigints;
}

/** Counts the executions of two filters. The other questions read samples of what it found. */
export async function openCohorts(
  { db }: Engine,
  { a, b }: { a: BoundedScope; b: BoundedScope },
): Promise<Cohorts> {
  const { common, restA, restB } = split(a.filter, b.filter);
  const side = ({ from, to, nowMs }: BoundedScope, filter: QueryNode): CohortScope => ({
    ...countConditionsOf(filter, nowMs, { isAlone: false }),
    from,
    to,
  });
  const pair: CohortPair = {
    app: a.app,
    common: countConditionsOf(common, a.nowMs),
    a: side(a, restA),
    b: side(b, restB),
  };
  const counts = await countCohorts(db, pair);
  const { fingerprintsA, fingerprintsB, ...shown } = counts;
  return {
    counts: shown,
    async readRules(sampled) {
      const read = ({ from, to, where, alike }: CohortScope, counted: Counted) =>
        readRules(db, {
          app: pair.app,
          from,
          to,
          where: sql`(${pair.common.where} AND ${where})`,
          alike,
          sampled,
          counted,
        });
      const [ofA, ofB] = await Promise.all([
        read(pair.a, { executions: totalOf(counts, 'a'), fingerprints: fingerprintsA }),
        read(pair.b, { executions: totalOf(counts, 'b'), fingerprints: fingerprintsB }),
      ]);
      return { a: ofA, b: ofB };
    },
    measure: () => measureCohorts(db, pair, counts),
    readTraits: (outcome) => countTraits(db, pair, counts, outcome),
  };
}

/**
 * The conditions that both filters share, which are checked once, and the other conditions of each.
 */
function split(
  a: QueryNode,
  b: QueryNode,
): { common: QueryNode; restA: QueryNode; restB: QueryNode } {
  const [partsA, partsB] = [partsOf(a), partsOf(b)];
  const [textsA, textsB] = [partsA, partsB].map((parts) => new Set(parts.map(printQuery)));
  return {
    common: allOf(partsA.filter((part) => textsB?.has(printQuery(part)))),
    restA: allOf(partsA.filter((part) => !textsB?.has(printQuery(part)))),
    restB: allOf(partsB.filter((part) => !textsA?.has(printQuery(part)))),
  };
}

function totalOf({ outcomes }: CohortCounts, side: 'a' | 'b'): number {
  return outcomes.reduce((total, outcome) => total + outcome[side], 0);
}

/**
 * Reads both cohorts in one pass, unless there is a gap in time between them. Throws a ReadTooLong.
 */
async function countCohorts(db: Db, pair: CohortPair): Promise<CountedPair> {
  const { common, a, b } = pair;
  const { rows } = await readWithin(db, AGGREGATE_LIMIT_MS, (tx) =>
    sql<CountedPair>`
      WITH grouped AS MATERIALIZED (
        ${union(
          reads(pair).map(
            (read) => sql`
        SELECT in_a, in_b, fingerprint, count(*) AS n, max(id) AS sample
        FROM (${read}) AS matched WHERE in_a OR in_b GROUP BY in_a, in_b, fingerprint`,
          ),
        )}
      ), known AS MATERIALIZED (
        SELECT * FROM (
          SELECT fingerprint, n, sample, outcome, course,
            (in_a AND ${a.alike}) IS TRUE AS in_a, (in_b AND ${b.alike}) IS TRUE AS in_b
          FROM (${withAlike(sql`grouped`, sql`e.status <> 'running' AND ${common.alike}`)}) AS e
        ) AS sided WHERE in_a OR in_b
      ), outcomes AS (
        SELECT outcome, ${sumOf('in_a')} AS a, ${sumOf('in_b')} AS b FROM known GROUP BY outcome
      ), courses AS (
        SELECT course, max(sample) AS sample, ${sumOf('in_a')} AS a, ${sumOf('in_b')} AS b
        FROM known GROUP BY course ORDER BY sum(n) DESC, course LIMIT ${MAX_COURSES}
      )
      SELECT
        (SELECT coalesce(json_agg(outcomes ORDER BY a + b DESC, outcome), '[]') FROM outcomes) AS outcomes,
        (SELECT coalesce(json_agg(json_build_object('course', course, 'a', a, 'b', b,
            'steps', ${stepsOf(sql`courses.sample`)}) ORDER BY a + b DESC, course), '[]')
          FROM courses) AS courses,
        (SELECT coalesce(sum(n) FILTER (WHERE in_a AND in_b), 0)::integer FROM known) AS shared,
        (SELECT ${bigints(sql`fingerprint`)} FROM known WHERE in_a) AS "fingerprintsA",
        (SELECT ${bigints(sql`fingerprint`)} FROM known WHERE in_b) AS "fingerprintsB"`.execute(tx),
  );
  const [row] = rows;
  if (row === undefined) throw new TypeError('a select without FROM gives one row');
  return row;
}

/**
 * Selects the executions of both cohorts: in one read with a test for each row, or in two reads without
 * it if the cohorts do not overlap in time.
 */
function reads(
  { app, common, a, b }: CohortPair,
  drawn: RawBuilder<unknown> = sql`true`,
): RawBuilder<unknown>[] {
  const read = (range: Range, isAsked: { a: boolean; b: boolean }): RawBuilder<unknown> => sql`
    SELECT e.id, e.fingerprint, ${isAsked.a ? isIn(a, range) : sql`false`} AS in_a,
      ${isAsked.b ? isIn(b, range) : sql`false`} AS in_b
    FROM xray.executions e
    WHERE ${isWithin({ app, ...range })} AND ${common.where} AND ${drawn}
      AND ${isAsked.a ? (isAsked.b ? sql`(${a.where} OR ${b.where})` : a.where) : b.where}`;
  if (a.to <= b.from || b.to <= a.from) {
    return [read(a, { a: true, b: false }), read(b, { a: false, b: true })];
  }
  const range = { from: a.from < b.from ? a.from : b.from, to: a.to > b.to ? a.to : b.to };
  return [read(range, { a: true, b: true })];
}

type Range = Pick<CohortScope, 'from' | 'to'>;

/** Whether an execution within a range is in a cohort. */
function isIn({ from, to, where }: CohortScope, range: Range): RawBuilder<unknown> {
  const conditions = [
    where,
    ...(from > range.from ? [sql`e.at >= ${instant(from.getTime())}`] : []),
    ...(to < range.to ? [sql`e.at < ${instant(to.getTime())}`] : []),
  ];
  return sql`(${sql.join(conditions, sql` AND `)}) IS TRUE`;
}

function union(selects: RawBuilder<unknown>[]): RawBuilder<unknown> {
  return sql.join(selects, sql` UNION ALL `);
}

type Side = 'in_a' | 'in_b';

function sumOf(side: Side): RawBuilder<unknown> {
  return sql`coalesce(sum(n) FILTER (WHERE ${sql.ref(side)}), 0)::integer`;
}

/** The ids of a random sample of each cohort. */
async function drawSamples(
  tx: Db,
  pair: CohortPair,
  counts: CountedPair,
): Promise<{ a: Bigints; b: Bigints }> {
  const isDrawnOf = (side: 'a' | 'b'): RawBuilder<unknown> =>
    isDrawn(SAMPLE, totalOf(counts, side));
  const [ofA, ofB] = [isDrawnOf('a'), isDrawnOf('b')];
  const { rows } = await sql<{ a: Bigints; b: Bigints }>`
    SELECT (array_agg(id) FILTER (WHERE in_a AND ${ofA} AND ${isOneOf(counts.fingerprintsA)}))::text AS a,
      (array_agg(id) FILTER (WHERE in_b AND ${ofB} AND ${isOneOf(counts.fingerprintsB)}))::text AS b
    FROM (${union(reads(pair, sql`(${ofA} OR ${ofB})`))}) AS e`.execute(tx);
  return rows[0] ?? { a: null, b: null };
}

/**
 * The traits of the executions in two samples. Equal traits are counted by fingerprint first, so
 * that arrays and objects are unpacked once and not for every execution. Throws a ReadTooLong.
 */
async function countTraits(
  db: Db,
  pair: CohortPair,
  counts: CountedPair,
  outcome: string | null,
): Promise<{ traits: TraitCount[]; bodies: SampledBody[] }> {
  const drawn = await readWithin(db, AGGREGATE_LIMIT_MS, (tx) => drawSamples(tx, pair, counts));
  const sample = sql`
      SELECT p.in_a, p.nth, e.* FROM (
        SELECT in_a, id, row_number() OVER (PARTITION BY in_a ORDER BY ${hashOf(sql`id`)}) AS nth FROM (
          SELECT true AS in_a, unnest(${drawn.a ?? '{}'}::bigint[]) AS id
          UNION ALL SELECT false, unnest(${drawn.b ?? '{}'}::bigint[])) AS ids
      ) AS p CROSS JOIN LATERAL (
        SELECT id, outcome IS NOT DISTINCT FROM ${outcome}::text AS hit, fingerprint, metadata, failed_step_count, bytes
        FROM xray.executions WHERE id = p.id OFFSET 0
      ) AS e`;
  const readTraits = (tx: Db) =>
    sql<TraitCount>`
      WITH sample AS MATERIALIZED (${sample}
      ), alike AS (
        SELECT in_a, hit, count(*) AS n, max(id) AS sample FROM sample GROUP BY in_a, hit, fingerprint
      ), known AS MATERIALIZED (${withAlike(sql`alike`, sql`true`)}
      ), stepped AS MATERIALIZED (
        SELECT in_a, hit, id, s.name, sum(s.candidates_in) AS many_in, sum(s.candidates_out) AS many_out
        FROM sample CROSS JOIN LATERAL (
          SELECT name, candidates_in, candidates_out FROM xray.steps
          WHERE execution = sample.id AND candidates_in IS NOT NULL OFFSET 0
        ) AS s WHERE nth <= ${STEP_SAMPLE} GROUP BY in_a, hit, id, s.name
      ), usual AS (
        SELECT name, percentile_disc(0.5) WITHIN GROUP (ORDER BY many_in) AS many_in,
          percentile_disc(0.5) WITHIN GROUP (ORDER BY many_out) AS many_out
        FROM stepped GROUP BY name
      ), counted AS (
        ${summed('all', { from: sampled(sql`true`) })}
        UNION ALL ${summed('all_steps', { from: sampled(sql`nth <= ${STEP_SAMPLE}`) })}
        UNION ALL ${single('course', sql`course::text`)}
        UNION ALL ${single('pipeline', sql`pipeline`)}
        UNION ALL ${single('environment', sql`environment`)}
        UNION ALL ${single('error', sql`error_type`)}
        UNION ALL ${each('decisive', sql`decisive`)}
        UNION ALL ${each('rule', sql`rules`)}
        UNION ALL ${each('reason', sql`reasons`)}
        UNION ALL ${each('tag', sql`tags`)}
        UNION ALL ${summed('version', { ...PAIR, from: sql`known, jsonb_each_text(versions) AS v` })}
        UNION ALL ${summed('metadata', {
          ...PAIR,
          from: sql`${sampled(sql`true`)}, jsonb_each_text(metadata) AS v`,
        })}
        UNION ALL ${summed('step_failure', {
          value: sql`s.name`,
          from: sql`${sampled(sql`failed_step_count > 0`)} CROSS JOIN LATERAL (
            SELECT DISTINCT name FROM xray.steps
            WHERE execution = sampled.id AND status = ANY (${FAILED_STATUSES}::text[])) AS s`,
        })}
        UNION ALL ${summed('candidates', {
          key: sql`name`,
          value: sql`v.value`,
          from: sql`(
            SELECT stepped.*, 1 AS n, usual.many_in AS usual_in, usual.many_out AS usual_out
            FROM stepped JOIN usual USING (name)) AS s CROSS JOIN LATERAL (VALUES
            (many_in < usual_in, 'fewer than ' || usual_in || ' in'),
            (many_out < usual_out, 'fewer than ' || usual_out || ' out'),
            (many_out = 0 AND usual_out > 1, 'none out')) AS v(holds, value)`,
          where: sql`v.holds`,
        })}
      ), ranked AS (
        SELECT *, row_number() OVER (PARTITION BY kind ORDER BY a + b DESC, key, value) AS rank FROM counted
      )
      SELECT kind, key, value, a, "aHits", b, "bHits"
      FROM ranked WHERE rank <= ${MAX_VALUES} ORDER BY kind, rank`.execute(tx);
  const readBodies = (tx: Db) =>
    sql<SampledBody>`
      SELECT in_a AS "inA", hit, b.body FROM (${sample}) AS sample
      CROSS JOIN LATERAL (SELECT body FROM xray.bodies WHERE execution = sample.id OFFSET 0) AS b
      WHERE nth <= ${INPUT_SAMPLE} AND bytes <= ${MAX_INPUT_BYTES}`.execute(tx);
  // Each query keeps at most one core busy.
  const [traits, bodies] = await Promise.all([
    readWithin(db, AGGREGATE_LIMIT_MS, readTraits),
    readWithin(db, AGGREGATE_LIMIT_MS, readBodies),
  ]);
  return { traits: traits.rows, bodies: bodies.rows };
}

/** What some executions of each cohort took. Candidates and costs are read from fewer of them. Throws a ReadTooLong. */
async function measureCohorts(
  db: Db,
  pair: CohortPair,
  counts: CountedPair,
): Promise<{ a: MeasuredExecution[]; b: MeasuredExecution[] }> {
  return await readWithin(db, AGGREGATE_LIMIT_MS, async (tx) => {
    const drawn = await drawSamples(tx, pair, counts);
    const { rows } = await sql<MeasuredExecution & { inA: boolean }>`
      SELECT p.in_a AS "inA", e.failed, e.duration_ms AS "durationMs", e.step_count AS steps,
        s.many_in AS "candidatesIn", s.many_out AS "candidatesOut", s.cost AS "costUsd"
      FROM (
        SELECT in_a, id, row_number() OVER (PARTITION BY in_a ORDER BY ${hashOf(sql`id`)}) AS nth FROM (
          SELECT true AS in_a, unnest(${drawn.a ?? '{}'}::bigint[]) AS id
          UNION ALL SELECT false, unnest(${drawn.b ?? '{}'}::bigint[])) AS ids
      ) AS p CROSS JOIN LATERAL (
        SELECT status = ANY (${FAILED_STATUSES}::text[]) AS failed, duration_ms, step_count
        FROM xray.executions WHERE id = p.id OFFSET 0
      ) AS e LEFT JOIN LATERAL (
        SELECT sum(candidates_in)::double precision AS many_in,
          sum(candidates_out)::double precision AS many_out, sum(cost_usd) AS cost
        FROM xray.steps WHERE execution = p.id AND p.nth <= ${STEP_SAMPLE}
          AND (candidates_in IS NOT NULL OR cost_usd IS NOT NULL)
      ) AS s ON true`.execute(tx);
    const of = (inA: boolean): MeasuredExecution[] =>
      rows.flatMap(({ inA: isOfA, ...measured }) => (isOfA === inA ? [measured] : []));
    return { a: of(true), b: of(false) };
  });
}

interface Summed {
  key?: RawBuilder<unknown>;
  value?: RawBuilder<unknown>;
  /** Rows of one cohort (`in_a`), with or without the outcome (`hit`), each for `n` executions. */
  from: RawBuilder<unknown>;
  where?: RawBuilder<unknown>;
}

/** Executions of both cohorts by trait, if enough have it. */
function summed(
  kind: TraitCount['kind'],
  { key = sql`NULL::text`, value = sql`''::text`, from, where = sql`true` }: Summed,
): RawBuilder<unknown> {
  const sumWhere = (which: string) =>
    sql`coalesce(sum(n) FILTER (WHERE ${sql.raw(which)}), 0)::integer`;
  return sql`
    SELECT ${sql.lit(kind)} AS kind, ${key} AS key, ${value} AS value, ${sumWhere('in_a')} AS a,
      ${sumWhere('in_a AND hit')} AS "aHits", ${sumWhere('NOT in_a')} AS b, ${sumWhere('NOT in_a AND hit')} AS "bHits"
    FROM ${from} WHERE ${where} GROUP BY 2, 3 HAVING sum(n) >= ${MIN_EXECUTIONS}`;
}

/** The values of an object that was unpacked as `v`. */
const PAIR = { key: sql`v.key`, value: sql`v.value` };

function sampled(where: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`(SELECT *, 1 AS n FROM sample WHERE ${where}) AS sampled`;
}

/** The values of a column with one value. */
function single(kind: TraitCount['kind'], column: RawBuilder<unknown>): RawBuilder<unknown> {
  return summed(kind, { value: column, from: sql`known`, where: sql`${column} IS NOT NULL` });
}

/** The values of a column with many values, each counted once for an execution. */
function each(kind: TraitCount['kind'], column: RawBuilder<unknown>): RawBuilder<unknown> {
  return summed(kind, {
    value: sql`v.value`,
    from: sql`known CROSS JOIN LATERAL (SELECT DISTINCT unnest(${column}) AS value) AS v`,
  });
}
