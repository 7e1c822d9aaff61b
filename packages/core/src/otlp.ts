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

const attributeName = z.string().min(1).max(256);

/** How an app accepts and reads OpenTelemetry traces. */
export const otlpSettingsSchema = z.strictObject({
  /** `recognised`: only traces with a span of a convention that X-Ray reads. */
  take: z.enum(['recognised', 'all']).default('recognised'),
  /** Names of attributes to redact, beside those that look like secrets. `*` stands for any characters. */
  redact: z.array(attributeName).max(100).default([]),
  /** Whether inputs, outputs, messages and texts of documents are stored. */
  content: z.boolean().default(true),
  /** Attributes of spans or resources that name the pipeline. The first that is set counts. */
  pipeline: z.array(attributeName).max(16).default([]),
  /** Attributes that name the environment. */
  environment: z.array(attributeName).max(16).default([]),
  outcomes: z.array(outcomeRuleSchema).max(50).default([]),
});
export type OtlpSettings = z.output<typeof otlpSettingsSchema>;

const readExecutionSchema = z.object({
  executionId: z.string(),
  pipeline: z.string(),
  environment: z.string().nullable(),
  outcome: z.string().nullable(),
  adverse: z.boolean().nullable(),
  /** The places that gave the outcome, the pipeline and the environment. */
  readFrom: z.object({
    outcome: z.string().nullable(),
    pipeline: z.string().nullable(),
    environment: z.string().nullable(),
  }),
});
export type ReadExecution = z.infer<typeof readExecutionSchema>;

/** How settings would read recent traces. */
export const otlpPreviewSchema = z.object({
  items: z.array(
    z.object({
      traceId: z.string(),
      /** `spans`: all spans are still there. `record`: only what was stored of them, so redaction is not shown. */
      from: z.enum(['spans', 'record']),
      /** With the present settings; null if the trace is not taken. */
      before: z.array(readExecutionSchema).nullable(),
      after: z.array(readExecutionSchema).nullable(),
      /** Names of attributes that would be redacted. */
      redacted: z.array(z.string()),
    }),
  ),
});
export type OtlpPreview = z.infer<typeof otlpPreviewSchema>;

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
