import { allOf, parseQuery, printQuery, printQueryValue } from '@xray/core/query';
import type { TimeRange } from '@/components/time-range/time-range';

/** Which executions of a pipeline a page is about. */
export interface PipelineQuestion {
  range: TimeRange;
  /** A filter, and an environment beside it. */
  q: string;
  environment: string | null;
}

/** The filter of the question without its pipeline. */
export function filterOf({ q, environment }: Pick<PipelineQuestion, 'q' | 'environment'>): string {
  return joined(q, environment === null ? '' : `env:${printQueryValue(environment)}`);
}

/** The filter of the question, for pages that are about all pipelines. */
export function wholeFilter(pipeline: string, question: PipelineQuestion): string {
  return joined(`pipeline:${printQueryValue(pipeline)}`, filterOf(question));
}

function joined(one: string, other: string): string {
  const [a, b] = [parseQuery(one), parseQuery(other)];
  if (!a.ok || !b.ok) return [one, other].filter(Boolean).join(' ');
  return printQuery(allOf([a.query, b.query]));
}
