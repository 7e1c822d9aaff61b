import { z } from 'zod';
import { LIMITS } from './snapshot.js';

/** A rule of an app: where traces of a pipeline say their outcome. The first that finds a value applies. */
export const outcomeRuleSchema = z.strictObject({
  pipeline: z.string().min(1).max(LIMITS.name).optional(),
  /** A step by its name. Without one, the execution's output is read. */
  step: z.string().min(1).max(LIMITS.name).optional(),
  /** Keys into the output, joined by dots: `result.verdict`. */
  path: z.string().min(1).max(256),
  /** Outcomes by the values read. A value that is not listed is the outcome itself. */
  map: z.record(z.string().max(256), z.string().min(1).max(LIMITS.outcome)).optional(),
  /** The outcomes that are adverse. */
  adverse: z.array(z.string().max(LIMITS.outcome)).max(64).optional(),
});

/** How an app takes OpenTelemetry traces. */
export const otlpSettingsSchema = z.strictObject({
  /** `recognised`: only traces with a span of a convention that X-Ray reads. */
  take: z.enum(['recognised', 'all']).default('recognised'),
  /** Names of attributes to redact, beside those that look like secrets. `*` stands for any characters. */
  redact: z.array(z.string().min(1).max(256)).max(100).default([]),
  outcomes: z.array(outcomeRuleSchema).max(50).default([]),
});
export type OtlpSettings = z.output<typeof otlpSettingsSchema>;

/** The settings, what waits, and what became of the spans that came. */
export const otlpStateSchema = z.object({
  settings: otlpSettingsSchema,
  /** Traces that are not complete. `bytes` counts all that is kept for late spans too. */
  waiting: z.object({
    traces: z.int(),
    spans: z.int(),
    bytes: z.int(),
    maxBytes: z.int(),
    oldestAt: z.string().nullable(),
  }),
  /** `taken`, `duplicate`, `rejected`, `closed`, `full`, `ignored` count spans and log records; `stored`, `let_go` and `failed` count traces. */
  counts: z.array(
    z.object({
      result: z.string(),
      count: z.int(),
      lastAt: z.string(),
      /** Why the last was not taken. */
      lastMessage: z.string(),
    }),
  ),
});
export type OtlpState = z.infer<typeof otlpStateSchema>;
