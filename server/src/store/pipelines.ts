import { sql } from 'kysely';
import type { PipelineList } from '@xray/core';
import type { Driver } from './driver.js';

type Db = Driver['db'];

/** What ran of each pipeline of an app, by name. */
export async function listPipelines(
  db: Db,
  app: string,
  { from, to }: { from: string | undefined; to: string | undefined },
): Promise<PipelineList> {
  const { rows } = await sql<{
    pipeline: string;
    outcome: string | null;
    is_total: boolean;
    executions: number;
    failed: number;
    last_at: Date;
    p50: number | null;
    p95: number | null;
  }>`
    SELECT pipeline, outcome, grouping(outcome) = 1 AS is_total, count(*) AS executions,
      count(*) FILTER (WHERE status IN ('failed', 'timed_out')) AS failed, max(at) AS last_at,
      CASE WHEN grouping(outcome) = 1 THEN percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms) END AS p50,
      CASE WHEN grouping(outcome) = 1 THEN percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms) END AS p95
    FROM xray.executions
    WHERE app = ${app}
      AND (${from ?? null}::timestamptz IS NULL OR at >= ${from ?? null}::timestamptz)
      AND (${to ?? null}::timestamptz IS NULL OR at < ${to ?? null}::timestamptz)
    GROUP BY GROUPING SETS ((pipeline), (pipeline, outcome))
    ORDER BY pipeline, executions DESC`.execute(db);
  return {
    from: from ?? null,
    to: to ?? null,
    items: rows
      .filter((row) => row.is_total)
      .map((total) => ({
        pipeline: total.pipeline,
        executions: total.executions,
        lastAt: total.last_at.toISOString(),
        failed: total.failed,
        outcomes: rows
          .filter((row) => !row.is_total && row.pipeline === total.pipeline)
          .map((row) => ({ outcome: row.outcome, count: row.executions })),
        p50Ms: total.p50,
        p95Ms: total.p95,
      })),
  };
}
