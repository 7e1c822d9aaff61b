import type { RawBuilder } from 'kysely';
import type { ExecutionSort, ExecutionSummary, Status } from '@xray/core';

/** A condition on `xray.executions e`, with every value bound. */
export type Condition = RawBuilder<boolean>;

/** Executions of an app within a range by `at`: `from` belongs to it, `to` does not. */
export interface ExecutionScope {
  app: string;
  where: Condition;
  from: Date | undefined;
  to: Date | undefined;
}

/** The conditions of executions that are counted. */
export interface CountConditions {
  /** Holds for each execution by itself. */
  where: Condition;
  /** Only for what executions of one fingerprint have alike, and so once of them all. */
  alike: Condition;
}

export interface CountScope extends ExecutionScope, CountConditions {}

/** A page of a list. `after` is the last row of the page before: its key of this order, and its id. */
export interface ExecutionFilter extends ExecutionScope {
  sort: ExecutionSort;
  after: ListPlace | undefined;
  limit: number;
  /** How long it may take, in ms, where that is not what any read may. */
  limitMs?: number;
}

/** `key` is in ms, since the epoch or of the duration. */
export interface ListPlace {
  key: number;
  id: number;
}

/** A row of the list with the id that tells equal ones apart. */
export interface ListedExecution {
  id: number;
  /** Bytes of its body. */
  bytes: number;
  summary: Omit<ExecutionSummary, 'stale'>;
}

export interface StoredExecution {
  body: string;
  bytes: number;
  status: Status;
  receivedAt: Date;
  conflict: boolean;
}
