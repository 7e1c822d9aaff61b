import type {
  NewReplayRun,
  ReplayReport,
  ReplayResultPage,
  ReplayRun,
  ReplayVerdict,
  ReportedResult,
  StoredResults,
} from '@xray/core';

/** A result with the record of the new code, and the record's subjects. */
export interface ResultToSave {
  result: ReportedResult;
  body: string | null;
  subjects: { type: string; id: string }[];
}

/** The conditions of a page of results. An outcome of null is no outcome. */
export interface ResultFilter {
  verdict: ReplayVerdict | undefined;
  was: string | null | undefined;
  is: string | null | undefined;
  cause: string | undefined;
  why: string | undefined;
  /** The execution after which the page begins. */
  after: string | undefined;
  limit: number;
}

/** Runs of recorded executions on new code, and their results. */
export interface ReplayRuns {
  start(app: string, run: Required<NewReplayRun>, by: string | null): Promise<ReplayRun>;
  /** A result that is already stored changes nothing. Results of erased executions are not stored. */
  save(app: string, run: string, results: readonly ResultToSave[]): Promise<StoredResults>;
  /** Undefined if the run does not exist. The first report stays. */
  finish(app: string, run: string, report: ReplayReport): Promise<ReplayRun | undefined>;
  find(app: string, run: string): Promise<ReplayRun | undefined>;
  /** The newest runs first. */
  list(
    app: string,
    pipeline: string | undefined,
    after: { at: Date; id: string } | undefined,
    limit: number,
  ): Promise<ReplayRun[]>;
  listResults(run: string, filter: ResultFilter): Promise<ReplayResultPage['items']>;
  /** The record of the new code. */
  readBody(app: string, run: string, executionId: string): Promise<string | undefined>;
  /** Deletes the runs of all apps that began before a time. */
  deleteBefore(before: Date): Promise<number>;
}
