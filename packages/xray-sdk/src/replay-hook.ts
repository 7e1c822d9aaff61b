import type { Clock } from './clock.js';
import type { ExecutionHost, ExecutionOptions } from './execution.js';
import { REPLAY_HOOK } from './replay-key.js';
import { serialize, writeClient } from './serialize.js';
import { quietly } from './source.js';
import type { StepText } from './step-text.js';
import { encoder } from './utf8.js';

/**
 * The engine of `@xray/sdk/replay`, as an execution sees it. Only JSON and functions are passed, because
 * the two may come from different copies of the SDK.
 */
export interface ReplayHook {
  /** Called when an execution starts. Returns undefined outside of a replay. */
  open(pipeline: string): ReplayedExecution | undefined;
}

/** One execution in a replay. */
export interface ReplayedExecution {
  /** The id of the recorded execution. */
  readonly executionId: string;
  /** The recorded time. */
  readonly clock: Clock;
  /**
   * Returns the function to run instead of the step's function, or undefined to run the step's function.
   */
  standIn(asked: AskedStep): ((step: unknown) => unknown) | undefined;
  /** Called when the code has decided. */
  decided(): void;
  /** Takes a snapshot as JSON text in UTF-8. */
  take(snapshot: Uint8Array, isTerminal: boolean): void;
}

/** A step before its function runs. */
export interface AskedStep {
  /** The step so far, as JSON text: name, sequence, parent, kind, input, model. */
  readonly json: string;
  /** Whether the whole input was recorded, without cuts, redaction or coercion. */
  readonly isInputWhole: boolean;
  readonly fn: (step: never) => unknown;
}

/** Opens the hook for a new execution, and returns the host with which it records. */
export function openReplay(
  host: ExecutionHost,
  options: ExecutionOptions,
): { readonly replayed: ReplayedExecution; readonly host: ExecutionHost } | undefined {
  const hook = (globalThis as Record<symbol, unknown>)[REPLAY_HOOK] as ReplayHook | undefined;
  if (hook === undefined) return undefined;
  const pipeline = quietly(() => options.pipeline) ?? host.settings.pipeline;
  const replayed = hook.open(pipeline);
  if (replayed === undefined) return undefined;
  const settings = {
    ...host.settings,
    // A replay needs no API key, and sends nothing.
    isEnabled: true,
    keepsEffects: true,
    clock: replayed.clock,
    waitUntil: undefined,
  };
  const envelope = {
    client: writeClient(settings, 'replay'),
    instanceSeq: undefined,
    snapshotsSinceLast: 0,
  };
  return {
    replayed,
    host: {
      ...host,
      settings,
      submit({ text }) {
        const { json } = serialize(text, envelope, settings.maxSnapshotBytes);
        replayed.take(encoder.encode(json), text.status !== 'running');
        return undefined;
      },
    },
  };
}

/** The function to run for a step: the engine's choice, or the step's own function. */
export function functionFor<S, R>(
  replayed: ReplayedExecution | undefined,
  text: () => StepText,
  fn: (step: S) => R,
): (step: S) => R {
  if (replayed === undefined) return fn;
  const { head, input, marks } = text();
  const asked = {
    json: input === undefined ? `{${head}}` : `{${head},"input":${input}}`,
    isInputWhole: !marks.some(({ path }) => path === '/input' || path.startsWith('/input/')),
    fn,
  };
  return (replayed.standIn(asked) as ((step: S) => R) | undefined) ?? fn;
}
