import type { Decided, GateRule, ReplayResult, Verdict } from '@xray/sdk/replay';

/** One replay in a report: ids, outcomes and rules, no payloads. */
export interface ReportedResult {
  executionId: string;
  pipeline: string;
  verdict: Verdict;
  why: string | null;
  was: Decided;
  is: Decided | null;
  cause: ReplayResult['cause'];
  /** The rule at the cause, before and after. */
  rule: { was: string | null; is: string | null } | null;
  /** Executions of the population that it stands for. */
  weight: number;
}

/** A share with its 95 % interval. */
export interface Share {
  share: number;
  low: number;
  high: number;
}

/** A condition of the gate after a run. */
export interface GateOutcome extends GateRule {
  /** Executions found, or their share of the decided ones where `max` is a share. */
  readonly found: number;
  readonly holds: boolean;
}

/** The result of a run. */
export interface Report {
  format: 'xray-replay-report/1';
  records: string;
  startedAt: string;
  /** Executions by verdict. */
  counts: Record<Verdict, number>;
  /** Records of pipelines that the configuration does not name. */
  withoutPlan: number;
  /** Executions of the population, as the weights say. */
  population: number;
  /** The flips' share of the decided executions of the population. */
  flips: Share;
  /** Executions by outcome, before and after. Null is no outcome. */
  matrix: { was: string | null; is: string | null; count: number }[];
  causes: {
    origin: string;
    decided: string;
    was: string | null;
    is: string | null;
    count: number;
  }[];
  /** Properties whose executions flip more or less often than the others, beyond chance. */
  segments: {
    trait: string;
    flips: number;
    of: number;
    others: Share;
    within: Share;
    pValue: number;
  }[];
  undecided: { why: string; count: number }[];
  answered: number;
  unverified: number;
  reads: ReplayResult['reads'];
  /** The run of the code without the change, on the same records. */
  control: { file: string; reproduced: number; of: number } | null;
  /** Steps whose function changed and was answered, so that the change did not run. */
  changedAndAnswered: string[];
  /** Steps that ran with another function than in the control. */
  changedAndRan: string[];
  gate: GateOutcome[];
  exitCode: 0 | 1 | 3;
  /** Why the result cannot be trusted; empty if it can. */
  distrust: string[];
  /** Hashes of the functions of the steps, by pipeline and name. */
  code: Record<string, { ran: Record<string, string>; answered: Record<string, string> }>;
  results: ReportedResult[];
}
