import type { Kysely } from 'kysely';
import type { Tables } from './tables.js';

/** All that the store knows of where its Postgres runs. `int8` arrives as a number, `timestamptz` as a Date. */
export interface Driver {
  readonly kind: 'pglite' | 'postgres';
  readonly db: Kysely<Tables>;
  close(): Promise<void>;
}
