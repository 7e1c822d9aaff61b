import { z } from 'zod';
import { LIMITS } from './snapshot.js';

/**
 * A rule of an app that says where traces of a pipeline have their outcome. The first rule that finds a
 * value applies.
 */
export const outcomeRuleSchema = z.strictObject({
  pipeline: z.string().min(1).max(LIMITS.name).optional(),
  /** The name of a step. Without a name, the execution's output is read. */
  step: z.string().min(1).max(LIMITS.name).optional(),
  /** Keys into the output, joined by dots: `result.verdict`. */
  path: z.string().min(1).max(256),
  /** The outcome for each value. A value that is not listed is the outcome itself. */
  map: z.record(z.string().max(256), z.string().min(1).max(LIMITS.outcome)).optional(),
  /** The outcomes that are adverse. */
  adverse: z.array(z.string().max(LIMITS.outcome)).max(64).optional(),
});

/** How an app accepts OpenTelemetry traces. */
export const otlpSettingsSchema = z.strictObject({
  /** `recognised`: only traces with a span of a convention that X-Ray reads. */
  take: z.enum(['recognised', 'all']).default('recognised'),
  /** Names of attributes to redact, beside those that look like secrets. `*` stands for any characters. */
  redact: z.array(z.string().min(1).max(256)).max(100).default([]),
  outcomes: z.array(outcomeRuleSchema).max(50).default([]),
});
export type OtlpSettings = z.output<typeof otlpSettingsSchema>;

/** The settings, the waiting traces, and the results for received spans. */
export const otlpStateSchema = z.object({
  settings: otlpSettingsSchema,
  /** Incomplete traces. `bytes` also counts what is kept for late spans. */
  waiting: z.object({
    traces: z.int(),
    spans: z.int(),
    bytes: z.int(),
    maxBytes: z.int(),
    oldestAt: z.string().nullable(),
  }),
  /** `taken`, `duplicate`, `rejected`, `closed`, `full`, `ignored` count spans and log records; `stored`, `joined`, `known`, `let_go`, `failed` and `outside` count traces; `opa_stored` and `opa_rejected` count decisions of OPA. */
  counts: z.array(
    z.object({
      result: z.string(),
      count: z.int(),
      lastAt: z.string(),
      /** Why the last one was not accepted. */
      lastMessage: z.string(),
    }),
  ),
});
export type OtlpState = z.infer<typeof otlpStateSchema>;
