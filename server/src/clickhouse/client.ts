import { ClickHouseError, createClient, type ClickHouseSettings } from '@clickhouse/client';
import { ReadTooLong, StoreOutage } from '../store/errors.js';
import type { Flavour } from './flavours.js';
import type { Params } from './params.js';

/** How long one read over many executions may take, in ms. */
export const READ_LIMIT_MS = 2_000;
/** Longer than any statement, and shorter than the proxies in between usually wait. */
const REQUEST_LIMIT_MS = 60_000;
/** An attempt to write ends within this time, so a live stream need not look back further. */
const WRITE_LIMIT_S = 10;
const MAX_READ_BYTES = 500 * 1024 * 1024;

/** Codes of questions that read too much: TIMEOUT_EXCEEDED, TOO_SLOW, MEMORY_LIMIT_EXCEEDED. */
const TOO_BROAD = new Set(['159', '160', '241']);
/** Codes of a server that cannot work now, with the reason for an operator. */
const OUTAGES: Record<string, string> = {
  '76': 'ClickHouse cannot open a file',
  '81': 'the database does not exist in ClickHouse',
  '192': 'ClickHouse does not know the user',
  '202': 'ClickHouse is answering too many questions',
  '209': 'ClickHouse did not answer in time',
  '210': 'ClickHouse lost a connection',
  '225': 'ClickHouse cannot reach Keeper',
  '236': 'ClickHouse is stopping',
  '242': 'a table of ClickHouse is read-only',
  '243': 'the disk of ClickHouse is full',
  '252': 'ClickHouse has too many parts to merge',
  '279': 'no replica of ClickHouse can be reached',
  '285': 'too few replicas of ClickHouse are alive',
  '319': 'the result of a write to ClickHouse is not known',
  '473': 'a table of ClickHouse is locked',
  '497': 'ClickHouse refuses the user',
  '516': 'ClickHouse refuses the password',
  '999': 'ClickHouse cannot reach Keeper',
};
const NETWORK =
  /ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOST|ENETUNREACH|socket hang up|Timeout/i;

export interface ClickHouseSettingsOf {
  /** With user, password and database: `http://user:password@host:8123/xray`. */
  url: string;
  flavour: Flavour;
}

/** The statements of the store. Every value is a parameter of the statement. */
export interface Db {
  flavour: Flavour;
  /** Rows of a question. Throws a ReadTooLong. */
  read<Row>(sql: string, params: Params, limitMs?: number): Promise<Row[]>;
  /** Rows that must be read, however long it takes. */
  readAll<Row>(sql: string, params: Params): Promise<Row[]>;
  /** Writes rows in one insert. The same token and rows again change nothing. */
  insert(table: string, rows: object[], token: string): Promise<void>;
  run(sql: string, params?: Params, settings?: ClickHouseSettings): Promise<void>;
  ping(): Promise<void>;
  close(): Promise<void>;
}

const READING: ClickHouseSettings = {
  readonly: '2',
  max_memory_usage: String(MAX_READ_BYTES),
  cancel_http_readonly_queries_on_client_close: 1,
  output_format_json_quote_64bit_integers: 0,
  // A condition of an earlier question must not decide how fast this one is.
  use_query_condition_cache: 0,
};

export function openClickHouse({ url, flavour }: ClickHouseSettingsOf): Db {
  const client = createClient({
    url,
    application: 'x-ray',
    request_timeout: REQUEST_LIMIT_MS,
    max_open_connections: 16,
    compression: { request: false, response: false },
    clickhouse_settings: {
      async_insert: 0,
      // A column of an answer may have the name of a column of the table.
      prefer_column_name_to_alias: 1,
      ...(flavour.kind === 'cluster' && {
        distributed_foreground_insert: 1,
        insert_quorum: 'auto',
        load_balancing: 'in_order' as const,
        optimize_skip_unused_shards: 1,
      }),
    },
  });
  const rowsOf = async <Row>(
    query: string,
    params: Params,
    settings: ClickHouseSettings,
  ): Promise<Row[]> => {
    const result = await client.query({
      query,
      query_params: params.values,
      format: 'JSONEachRow',
      clickhouse_settings: { ...READING, ...settings },
    });
    return await result.json<Row>();
  };
  return {
    flavour,
    async read<Row>(sql: string, params: Params, limitMs = READ_LIMIT_MS) {
      return await translated(
        () => rowsOf<Row>(sql, params, { max_execution_time: limitMs / 1_000 }),
        limitMs,
      );
    },
    async readAll<Row>(sql: string, params: Params) {
      return await translated(() => rowsOf<Row>(sql, params, {}));
    },
    async insert(table, rows, token) {
      await translated(() =>
        client.insert({
          table,
          values: rows,
          format: 'JSONEachRow',
          clickhouse_settings: {
            insert_deduplicate: 1,
            insert_deduplication_token: token,
            deduplicate_blocks_in_dependent_materialized_views: 1,
            max_execution_time: WRITE_LIMIT_S,
          },
        }),
      );
    },
    async run(sql, params, settings = {}) {
      await translated(() =>
        client.command({
          query: sql,
          ...(params && { query_params: params.values }),
          clickhouse_settings: settings,
        }),
      );
    },
    async ping() {
      const result = await client.ping();
      if (!result.success) throw new StoreOutage('ClickHouse does not answer', result.error);
    },
    close: () => client.close(),
  };
}

async function translated<T>(work: () => Promise<T>, limitMs = READ_LIMIT_MS): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ClickHouseError) {
      if (TOO_BROAD.has(error.code)) throw new ReadTooLong(limitMs, error);
      const reason = OUTAGES[error.code];
      if (reason !== undefined) throw new StoreOutage(reason, error);
    } else if (error instanceof Error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (NETWORK.test(`${code} ${error.message}`)) {
        throw new StoreOutage('ClickHouse cannot be reached', error);
      }
    }
    throw error;
  }
}
