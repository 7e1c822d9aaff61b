import type { Kysely } from 'kysely';
import type { FileCopy } from '../store/file-copy.js';
import type { Tables } from './tables.js';

/**
 * The only interface between the store and its Postgres. `int8` arrives as a number, `timestamptz`
 * as a Date.
 */
export interface Driver {
  readonly kind: 'pglite' | 'postgres';
  readonly db: Kysely<Tables>;
  /** Undefined for the embedded database, which has one connection. */
  readonly maxConnections?: number;
  /** Copies the database's files as they are at one moment, if they are on this machine. */
  copyFiles?(): Promise<FileCopy>;
  close(): Promise<void>;
}
