import type { ExecutionSort } from '@xray/core';
import { parseAsArrayOf, parseAsBoolean, parseAsString, parseAsStringLiteral } from 'nuqs';
import { COLUMN_IDS } from './columns';

const SORTS = [
  '-at',
  'at',
  '-duration',
  'duration',
  '-received',
  'received',
] as const satisfies readonly ExecutionSort[];
const SERIES_BY = ['outcome', 'status'] as const;

/** All that the explorer shows is in these. For `from` and `to` see TimeRange. */
export const explorerParams = {
  app: parseAsString,
  /** A filter in the language of docs/query-language.md. */
  q: parseAsString.withDefault(''),
  from: parseAsString,
  to: parseAsString,
  sort: parseAsStringLiteral(SORTS).withDefault('-at'),
  cols: parseAsArrayOf(parseAsStringLiteral(COLUMN_IDS)),
  /** What the histogram tells apart. */
  by: parseAsStringLiteral(SERIES_BY).withDefault('outcome'),
  /** Rows come by themselves. */
  live: parseAsBoolean.withDefault(false),
  /** Id of the execution shown beside the list. */
  peek: parseAsString,
};
