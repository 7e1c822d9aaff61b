import { parseAsString } from 'nuqs';

/**
 * Two groups of executions: a filter and a range each, whose ends are ISO-8601 or `-7d` (back from now);
 * without an end, up to now. `outcome`: whose change is explained; without it the surest one.
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
