import { parseAsArrayOf, parseAsString, parseAsStringLiteral } from 'nuqs';
import { COLUMN_IDS } from './columns';

const HOUR_MS = 3_600_000;

/** Ranges that reach back from now; the address holds their names. */
export const RANGES = {
  '15m': { label: 'Last 15 min', ms: HOUR_MS / 4 },
  '1h': { label: 'Last hour', ms: HOUR_MS },
  '24h': { label: 'Last 24 h', ms: 24 * HOUR_MS },
  '7d': { label: 'Last 7 days', ms: 7 * 24 * HOUR_MS },
  '30d': { label: 'Last 30 days', ms: 30 * 24 * HOUR_MS },
} as const;
export type RangeName = keyof typeof RANGES;
export const RANGE_NAMES = Object.keys(RANGES) as RangeName[];

/** All that the list shows is in these. `from` and `to` are ISO-8601 and go before `range`. */
export const explorerParams = {
  app: parseAsString,
  pipeline: parseAsString,
  status: parseAsString,
  outcome: parseAsString,
  environment: parseAsString,
  range: parseAsStringLiteral(RANGE_NAMES),
  from: parseAsString,
  to: parseAsString,
  columns: parseAsArrayOf(parseAsStringLiteral(COLUMN_IDS)),
};

export interface ExplorerFilter {
  pipeline: string | null;
  status: string | null;
  outcome: string | null;
  environment: string | null;
}
