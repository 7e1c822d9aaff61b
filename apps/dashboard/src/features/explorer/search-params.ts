import type { ExecutionSort } from '@xray/core';
import { parseAsArrayOf, parseAsBoolean, parseAsString, parseAsStringLiteral } from 'nuqs';
import { COLUMN_IDS } from './columns';

export const SORTS = [
  '-at',
  'at',
  '-duration',
  'duration',
  '-received',
  'received',
] as const satisfies readonly ExecutionSort[];
const SERIES_BY = ['outcome', 'status'] as const;

/** The explorer's whole state. For `from` and `to` see TimeRange. */
export const explorerParams = {
  app: parseAsString,
  /** A filter in the language of docs/query-language.md. */
  q: parseAsString.withDefault(''),
  from: parseAsString,
  to: parseAsString,
  sort: parseAsStringLiteral(SORTS).withDefault('-at'),
  cols: parseAsArrayOf(parseAsStringLiteral(COLUMN_IDS)),
  /** The histogram's series. */
  by: parseAsStringLiteral(SERIES_BY).withDefault('outcome'),
  /** Whether the list is live. */
  live: parseAsBoolean.withDefault(false),
  /** Id of the execution shown beside the list. */
  peek: parseAsString,
};
