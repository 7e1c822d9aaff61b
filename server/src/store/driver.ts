import type { Kysely } from 'kysely';
import type { Tables } from './tables.js';

/** A database's files, which nobody writes to any more. */
export interface FileCopy {
  directory: string;
  remove(): Promise<void>;
}

/** All that the store knows of where its Postgres runs. `int8` arrives as a number, `timestamptz` as a Date. */
export interface Driver {
  readonly kind: 'pglite' | 'postgres';
  readonly db: Kysely<Tables>;
  /** Of a database that is files here: makes a copy of them as they are at one moment. */
  copyFiles?(): Promise<FileCopy>;
  close(): Promise<void>;
}
