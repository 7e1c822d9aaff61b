import type { CandidateText } from './candidate-text.js';
import { durationText, isoTime } from './clock.js';
import type { Text } from './text.js';
import type { Actor } from './wire/decision.js';
import type { Mark } from './wire/snapshot.js';
import type { Artifact, Kind, Model, Rule, StepStatus } from './wire/step.js';

/**
 * A rule and its result; `actual` and `threshold` may be anything.
 *
 * @example
 * ```ts
 * const rule: RuleRecord = { id: 'min_score', result: 'fail', actual: 640, threshold: 660 };
 * ```
 */
export type RuleRecord = Omit<Rule, 'actual' | 'threshold'> & {
  actual?: unknown;
  threshold?: unknown;
};

/**
 * Facts about a step, which can be added while it runs. `input` and `output` may be anything.
 *
 * @example
 * ```ts
 * const note: StepNote = { reasoning: 'Two late payments', model: { name: 'gpt-5' } };
 * ```
 */
export interface StepNote {
  kind?: Kind | undefined;
  input?: unknown;
  output?: unknown;
  reasoning?: string | undefined;
  attempt?: number | undefined;
  actor?: Actor | undefined;
  model?: (Omit<Model, 'params'> & { params?: unknown }) | undefined;
  metrics?: Record<string, number> | undefined;
}

/**
 * One whole step for a single call of `recordStep`.
 *
 * @example
 * ```ts
 * const record: StepRecord = { name: 'credit_score', output: { score: 750 }, status: 'completed' };
 * ```
 */
export interface StepRecord extends StepNote {
  name: string;
  /** Default: `completed`, or `failed` if there is an `error`. */
  status?: StepStatus | undefined;
  /** The error that was thrown, or a message. */
  error?: unknown;
  /**
   * The duration in milliseconds. Default: the time since the previously recorded step, marked as inferred.
   */
  durationMs?: number | undefined;
  rules?: readonly RuleRecord[] | undefined;
  artifacts?: readonly Artifact[] | undefined;
}

/** When a step began and how long it took, both in milliseconds. */
export interface StepTiming {
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly timing: 'measured' | 'inferred';
}

/**
 * A recorded step of plain values as one JSON text, with the places where an oversized snapshot may
 * cut it.
 */
export interface PlainStep extends Text {
  readonly status: StepStatus;
  readonly kind: Kind | undefined;
  /** The members before this place are never shed. */
  readonly headEnd: number;
  readonly inputEnd: number;
  readonly outputEnd: number;
}

/** One step as JSON text. It is in parts, so that an oversized snapshot can shed some of them. */
export interface StepText {
  /** Whether the texts of all parts are known to be ASCII. */
  readonly isAscii: boolean;
  readonly name: string;
  readonly status: StepStatus;
  readonly kind: Kind | undefined;
  /** The members that are never shed, without braces. */
  readonly head: string;
  readonly input: string | undefined;
  readonly output: string | undefined;
  readonly reasoning: string | undefined;
  /** The members of `returned`, without braces. `undefined` if no function was called. */
  readonly returned: string | undefined;
  /** The text of `returned.value`. */
  readonly value: string | undefined;
  readonly candidates: CandidateText | undefined;
  /** The paths of these marks begin at the step. */
  readonly marks: readonly Mark[];
}

/** The first members of a step. `name` is the whole first member. */
export function headOf(
  name: string,
  status: StepStatus,
  sequence: number,
  { startedAtMs, durationMs, timing }: StepTiming,
): string {
  const source = timing === 'measured' ? MEASURED : INFERRED;
  const started = `,"startedAt":"${isoTime(startedAtMs)}","durationMs":${durationText(durationMs)}`;
  return `${name},"status":"${status}${source}${String(sequence)}${started}`;
}

// These pieces are long, because every piece of a head costs memory.
const MEASURED = '","timing":"measured","sequence":';
const INFERRED = '","timing":"inferred","sequence":';

const [INPUT, OUTPUT, REASONING] = [',"input":', ',"output":', ',"reasoning":'];

export type StepParts = Omit<StepText, 'name'>;

/** The parts of a plain step. */
export function partsOf({ json, isAscii, status, kind, ...cuts }: PlainStep): StepParts {
  const { headEnd, inputEnd, outputEnd } = cuts;
  const part = (start: number, end: number, prefix: string): string | undefined =>
    start === end ? undefined : json.slice(start + prefix.length, end);
  return {
    isAscii,
    status,
    kind,
    head: json.slice(0, headEnd),
    input: part(headEnd, inputEnd, INPUT),
    output: part(inputEnd, outputEnd, OUTPUT),
    reasoning: part(outputEnd, json.length, REASONING),
    returned: undefined,
    value: undefined,
    candidates: undefined,
    marks: [],
  };
}

/** The name of a step, from its text. */
export function nameOf(step: PlainStep | StepText): string {
  if (!('json' in step)) return step.name;
  const { name } = JSON.parse(`{${step.json.slice(0, step.headEnd)}}`) as { name: string };
  return name;
}
