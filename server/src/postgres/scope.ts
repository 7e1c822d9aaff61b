import { sql, type RawBuilder } from 'kysely';
import type { ExecutionSort, ExecutionSummary } from '@xray/core';
import type { ListPlace } from './places.js';

/** A condition on `xray.executions e`, with every value bound. */
export type Condition = RawBuilder<boolean>;

/** Executions of an app within a range of `at`, including `from` and excluding `to`. */
export interface RowScope {
  app: string;
  where: Condition;
  from: Date | undefined;
  to: Date | undefined;
}

/** The conditions for counting executions. */
export interface CountConditions {
  /** A condition on each single execution. */
  where: Condition;
  /**
   * A condition on columns that are equal for all executions of one fingerprint. It is checked once
   * for them all.
   */
  alike: Condition;
}

export interface CountScope extends RowScope, CountConditions {}

/**
 * A page of a list. `after` is the last row of the previous page: its key in this order, and its
 * id.
 */
export interface RowFilter extends RowScope {
  sort: ExecutionSort;
  after: ListPlace | undefined;
  limit: number;
  /** The time limit in ms, if it differs from that of all reads. */
  limitMs?: number;
}

/** A row of the list with the id that breaks ties. */
export interface ListedExecution {
  id: number;
  /** The size of its body in bytes. */
  bytes: number;
  summary: Omit<ExecutionSummary, 'stale'>;
}

/** Matches every execution. */
export const ALL: Condition = sql`true`;
