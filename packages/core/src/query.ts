// The filter language: docs/query-language.md. Has no zod, which would make pages larger.
export { completeQuery, type QueryCompletion, type QueryOption } from './query-complete.js';
export { readFacetTerm, termState, toggleTerm, type FacetTerm } from './query-edit.js';
export { QUERY_FIELDS, splitRuleKey, type RulePart } from './query-fields.js';
export { lexQuery, type QueryToken } from './query-lexer.js';
export {
  FAILED_STATUSES,
  hasFailed,
  matchesQuery,
  metadataValues,
  startedBounds,
  type QueryContext,
  type QueryFacts,
  type MetadataValue,
} from './query-match.js';
export { parseQuery, type ParsedQuery } from './query-parser.js';
export { printQuery, printQueryField, printQueryValue } from './query-print.js';
export * from './query-tree.js';
export { durationMs } from './query-values.js';
