import { parseAsString } from 'nuqs';

/**
 * Two groups of executions, each with a filter and a range. The ends are ISO-8601 or `-7d` (back
 * from now); no end means now. `outcome` is the outcome to explain; default: the most significant
 * change.
 */
export const cohortParams = {
  app: parseAsString,
  qa: parseAsString,
  qb: parseAsString,
  aFrom: parseAsString,
  aTo: parseAsString,
  bFrom: parseAsString,
  bTo: parseAsString,
  outcome: parseAsString,
};
