import type { ReplayReport, ReportedResult } from '@xray/core';

export type { ReplayReport, ReplayShare as Share, ReportedResult } from '@xray/core';

/** The result of a run: ids, outcomes and rules, no payloads. */
export interface Report extends ReplayReport {
  format: 'xray-replay-report/1';
  records: string;
  startedAt: string;
  /** Hashes of the functions of the steps, by pipeline and name. */
  code: Record<string, { ran: Record<string, string>; answered: Record<string, string> }>;
  results: ReportedResult[];
}

export type GateOutcome = ReplayReport['gate'][number];
