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
  /** Copies the database's files as they are at one moment, where they are on this machine. */
  copyFiles?(): Promise<FileCopy>;
  close(): Promise<void>;
}
