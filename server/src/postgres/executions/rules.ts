import { sql } from 'kysely';
import { parseJson, type RuleSetting } from '@xray/core';
import type { RuleReadings } from '../../store/answers.js';
import type { Driver } from '../driver.js';
import { isWithin } from '../rows.js';
import { bigints, countAlike, isDrawn, isOneOf, type Bigints } from './fingerprints.js';
import { stepsOf } from './flows.js';
import { AGGREGATE_LIMIT_MS, readWithin } from '../read-within.js';
import type { CountScope } from '../scope.js';

type Db = Driver['db'];

/** `counted` saves a second count where the caller has it. */
interface RuleScope extends CountScope {
  sampled: number;
  counted?: Counted;
}

export interface Counted {
  executions: number;
  fingerprints: Bigints;
}

/** Thresholds keep all their digits in the text alone. */
type Read = Pick<RuleReadings, 'kinds' | 'runs'> & {
  blocks: (Omit<RuleReadings['blocks'][number], 'rules'> & { rules: string })[];
};

/**
 * The rules that a sample of executions asked. It costs what a funnel costs: every execution is counted by its
 * fingerprint, and the steps of the sample are read. Throws a ReadTooLong.
 */
export async function readRules(db: Db, scope: RuleScope): Promise<RuleReadings> {
  return await readWithin(db, AGGREGATE_LIMIT_MS, async (tx) => {
    const { executions, fingerprints } = scope.counted ?? (await countExecutions(tx, scope));
    const { rows } = await sql<Read>`
      WITH drawn AS MATERIALIZED (
        SELECT e.id, e.fingerprint, round(extract(epoch FROM e.at) * 1000)::bigint AS at,
          row_number() OVER (ORDER BY e.at, e.id) - 1 AS nth
        FROM xray.executions e
        WHERE ${isWithin(scope)} AND ${scope.where} AND ${isDrawn(scope.sampled, executions)}
          AND ${isOneOf(fingerprints)}
      ), alike AS MATERIALIZED (
        SELECT fingerprint, max(id) AS sample, row_number() OVER (ORDER BY fingerprint) - 1 AS kind
        FROM drawn GROUP BY fingerprint
      ), asked AS (
        SELECT s.name, s.rules, drawn.nth, s.sequence, s.ix FROM drawn CROSS JOIN LATERAL (
          SELECT name, rules, sequence, ix FROM xray.steps
          WHERE execution = drawn.id AND rules IS NOT NULL OFFSET 0) AS s
      ), blocks AS (
        SELECT name, rules, json_agg(nth ORDER BY nth) AS runs, min(nth) AS first, min(sequence) AS place
        FROM asked GROUP BY name, rules
      )
      SELECT
        (SELECT coalesce(json_agg(json_build_object('pipeline', e.pipeline, 'environment', e.environment, 'status', e.status,
            'versions', e.versions, 'failed', e.rules, 'decisive', e.decisive,
            'steps', ${stepsOf(sql`alike.sample`)}) ORDER BY kind), '[]')
          FROM alike JOIN xray.executions e ON e.id = alike.sample) AS kinds,
        (SELECT coalesce(json_agg(json_build_object('at', at, 'kind', kind) ORDER BY nth), '[]')
          FROM drawn JOIN alike USING (fingerprint)) AS runs,
        (SELECT coalesce(json_agg(json_build_object('step', name, 'rules', rules::text, 'runs', runs)
            ORDER BY place, name, first), '[]') FROM blocks) AS blocks`.execute(tx);
    const [found] = rows;
    if (found === undefined) throw new TypeError('a select without FROM gives one row');
    const blocks = found.blocks.map(({ rules, ...block }) => ({
      ...block,
      rules: parseJson(rules) as unknown as RuleSetting[],
    }));
    return { ...found, executions, sampled: found.runs.length, blocks };
  });
}

async function countExecutions(tx: Db, scope: CountScope): Promise<Counted> {
  const { rows } = await sql<Counted>`
    WITH known AS (${countAlike(scope)})
    SELECT coalesce(sum(n), 0)::integer AS executions, ${bigints(sql`fingerprint`)} AS fingerprints
    FROM known`.execute(tx);
  return rows[0] ?? { executions: 0, fingerprints: null };
}
