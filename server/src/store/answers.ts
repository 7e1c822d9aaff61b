import type {
  CaseLink,
  Course,
  DecidingRule,
  ExecutionSummary,
  ExplanationKind,
  FairnessCount,
  MeasuredExecution,
  NotSearched,
  RecordedAppearance,
  RuleSetting,
  SearchMatch,
  Status,
} from '@xray/core';

/**
 * A position in a list. Opaque: only the store that made it can read it. Every method that takes one throws an
 * UnusablePlace for any other text.
 */
export type Place = string;

/** A row of the list. A search for words also gives the places of the words. */
export type FoundExecution = Omit<ExecutionSummary, 'stale'> & { matches?: SearchMatch[] };

/** A row of the list with its links to other executions. */
export type LinkedExecution = FoundExecution & { links: CaseLink[] };

/** The number of matching executions with a value, and the number of values of the field. */
export interface FacetRow {
  /** The field's name in the filter language; '' counts the executions. */
  field: string;
  key: string | null;
  value: string;
  count: number;
  distinctValues: number;
}

export interface HistogramRow {
  bucket: Date;
  value: string | null;
  count: number;
}

/** A pipeline's executions over time, in buckets by their start. */
export interface OverTime {
  buckets: {
    startMs: number;
    executions: number;
    failed: number;
    p50: number | null;
    p95: number | null;
  }[];
  /** The median in ms, over all buckets together. */
  p50: number | null;
  p95: number | null;
  outcomes: { value: string | null; startMs: number; count: number }[];
  /** The most frequent principal reasons; `distinctReasons` is the number of all. */
  reasons: { value: string; startMs: number; count: number }[];
  distinctReasons: number;
  /** Sorted by the time they were first seen. */
  versions: { name: string; version: string; firstAtMs: number }[];
}

/** The figures of a step over the executions that were read. */
export interface StepFigures {
  name: string;
  kind: string;
  /** The mean position in the record. Skipped steps count too. */
  place: number;
  failed: number;
  skipped: number;
  p50: number | null;
  p95: number | null;
  candidatesIn: number | null;
  candidatesOut: number | null;
  drops: { reason: string; count: number }[];
}

/** The number of courses that are distinguished. */
export const MAX_COURSES = 500;

export interface Flow {
  executions: number;
  /** The most frequent courses first, at most `MAX_COURSES`. */
  courses: Course[];
  /** The number of executions whose steps were read. */
  sampled: number;
  steps: StepFigures[];
}

/** What some executions say about rules. Equal parts are written once, and executions refer to them. */
export interface RuleReadings {
  /** Executions of the scope, and how many of them were read. */
  executions: number;
  sampled: number;
  /** What several executions have alike. */
  kinds: {
    pipeline: string;
    environment: string;
    status: Status;
    versions: Record<string, string>;
    /** Names of the steps that ran, in order. */
    steps: string[];
    failed: string[];
    decisive: string[];
  }[];
  /** In order of time: the start in ms since the epoch, and the place in `kinds`. */
  runs: { at: number; kind: number }[];
  /** The rules of a step, and the places in `runs` of the executions that ran it so, in order of their steps. */
  blocks: { step: string; rules: RuleSetting[]; runs: number[] }[];
}

export interface CohortCounts {
  outcomes: { outcome: string | null; a: number; b: number }[];
  courses: { course: number; steps: Course['steps']; a: number; b: number }[];
  /** Executions that are in both cohorts. */
  shared: number;
}

/** How many executions of the sample have a trait, and how many of them also have the outcome. */
export interface TraitCount {
  /** `all` counts the whole sample. `course` is the hash of the steps that ran. */
  kind: ExplanationKind | 'all' | 'course' | 'all_steps';
  key: string | null;
  value: string;
  a: number;
  aHits: number;
  b: number;
  bHits: number;
}

/** The body of a sampled execution, with its cohort and whether it has the outcome. */
export interface SampledBody {
  inA: boolean;
  hit: boolean;
  body: string;
}

/** Executions that a question drew. */
export interface Sample {
  /** All executions that the filter finds. */
  executions: number;
  /** The number of drawn executions. */
  drawn: number;
  /** The bodies of drawn executions in one order. Executions that were erased meanwhile are left out. */
  readBodies(from: number, count: number): Promise<string[]>;
}

/** Two cohorts that were counted. The other questions read samples of the same executions. */
export interface Cohorts {
  counts: CohortCounts;
  /** The rules of `sampled` executions of each cohort. */
  readRules(sampled: number): Promise<{ a: RuleReadings; b: RuleReadings }>;
  measure(): Promise<{ a: MeasuredExecution[]; b: MeasuredExecution[] }>;
  readTraits(outcome: string | null): Promise<{ traits: TraitCount[]; bodies: SampledBody[] }>;
}

export interface KeyedDecision extends Omit<FairnessCount, 'group' | 'count'> {
  /** The ids that a file can name. */
  keys: string[];
}

/** Executions of a value in a bucket that begins at `startMs`. */
export interface ValueOverTime {
  value: string;
  startMs: number;
  count: number;
}

/** Counts over all appearances of a candidate in a range, and one page of them, the newest first. */
export interface CandidateAppearances {
  executions: number;
  /** Each fate once, with its appearances. */
  byFate: {
    pipeline: string;
    step: string;
    outcome: string;
    reason: string | null;
    count: number;
  }[];
  /** By the candidate's outcome. */
  byTime: ValueOverTime[];
  items: { execution: FoundExecution; appearances: RecordedAppearance[] }[];
  next: Place | undefined;
  notSearched: NotSearched | null;
}

/** Counts over all executions about a subject in a range, and one page of them, the newest first. */
export interface SubjectDecisions {
  executions: number;
  byOutcome: { value: string; count: number }[];
  byReason: { value: string; count: number }[];
  /** By the outcome of the decision. */
  byTime: ValueOverTime[];
  items: { execution: FoundExecution; rules: DecidingRule[] }[];
  next: Place | undefined;
  notSearched: NotSearched | null;
}

/** Executions about a subject, and those that links connect to them. */
export interface CaseExecutions {
  /** All executions about the subject; `about` has the newest of them. */
  executions: number;
  about: LinkedExecution[];
  linked: (LinkedExecution & { isAbout: boolean })[];
  /** Executions that were found and are in neither list. */
  more: number;
  notSearched: NotSearched | null;
}
