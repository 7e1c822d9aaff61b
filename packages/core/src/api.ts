import { z } from 'zod';
import { apiKeySchema, appSchema, newKeySchema } from './access.js';
import { storableInstantSchema } from './instant-schema.js';
import { tableQuerySchema } from './csv.js';
import { notSearchedSchema, rangeQuerySchema, searchMatchSchema } from './finding.js';
import { tombstoneSchema } from './erasure.js';
import { retentionRuleSchema } from './retention.js';
import { LIMITS, STATUSES, snapshotSchema, type Snapshot } from './snapshot.js';
import { wholeNumber } from './whole-number.js';

/** The body of every error answer. */
export const errorBodySchema = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    requestId: z.string(),
    details: z
      .array(
        z.object({
          path: z.string(),
          code: z.string(),
          limit: z.number().optional(),
          position: z.number().optional(),
        }),
      )
      .optional(),
    /** The time and reason of the erasure. Only with the code `erased`. */
    tombstone: tombstoneSchema.optional(),
  }),
});
export type ErrorBody = z.infer<typeof errorBodySchema>;
export type ErrorDetail = NonNullable<ErrorBody['error']['details']>[number];

/** The answer to `POST /executions`: counts of accepted snapshots, and the rejected ones by their place. */
export const ingestResultSchema = z.object({
  accepted: z.int(),
  duplicates: z.int(),
  superseded: z.int(),
  rejected: z.array(
    z.object({
      index: z.int(),
      executionId: z.string().nullable(),
      code: z.enum(['invalid', 'too_large', 'app_mismatch', 'storage']),
      message: z.string(),
      retryable: z.boolean(),
    }),
  ),
});
export type IngestResult = z.infer<typeof ingestResultSchema>;
export type RejectionCode = IngestResult['rejected'][number]['code'];

/** One row of the list of executions. It never contains payloads. */
export const executionSummarySchema = z.object({
  executionId: z.string(),
  pipeline: z.string(),
  environment: z.string(),
  status: z.enum(STATUSES),
  /** A running execution without a new snapshot for 24 h. Computed on each read. */
  stale: z.boolean(),
  outcome: z.string().nullable(),
  adverse: z.boolean().nullable(),
  /** Codes of the decision's reasons, the main one first. */
  reasons: z.array(z.string()),
  subjects: z.array(z.object({ type: z.string(), id: z.string() })),
  versions: z.record(z.string(), z.string()),
  tags: z.array(z.string()),
  stepCount: z.int(),
  failedStepCount: z.int(),
  /** Type of the error of the first failed step. */
  errorType: z.string().nullable(),
  /**
   * The start by the client's clock, or the time of receipt if that start is in the future. ISO-8601, UTC.
   */
  at: z.string(),
  receivedAt: z.string(),
  durationMs: z.number().nullable(),
  revision: z.int(),
  conflict: z.boolean(),
});
export type ExecutionSummary = z.infer<typeof executionSummarySchema>;

/** An execution found by a filter. */
export const foundExecutionSchema = executionSummarySchema.extend({
  /** The first few places of the searched words. Only with a search. */
  matches: z.array(searchMatchSchema).optional(),
});
export type FoundExecution = z.infer<typeof foundExecutionSchema>;

export const executionPageSchema = z.object({
  items: z.array(foundExecutionSchema),
  nextCursor: z.string().nullable(),
  /** Records that the search could not look into yet. Only with a search. */
  notSearched: notSearchedSchema.nullable().optional(),
});
export type ExecutionPage = z.infer<typeof executionPageSchema>;

/** Facts that the server adds. They are stored beside the snapshot, which stays unchanged. */
export const serverFactsSchema = z.object({
  receivedAt: z.string(),
  conflict: z.boolean(),
  stale: z.boolean(),
  /** UTF-8 bytes of the stored snapshot's JSON. */
  bytes: z.int(),
});
export type ServerFacts = z.infer<typeof serverFactsSchema>;

/** An execution that links to this one: its review, retry, override, child or replay. */
export const linkedFromSchema = z.object({
  executionId: z.string(),
  relation: z.string(),
  outcome: z.string().nullable(),
  at: z.string(),
});
export type LinkedFrom = z.infer<typeof linkedFromSchema>;

export const executionDetailSchema = z.object({
  snapshot: snapshotSchema,
  server: serverFactsSchema,
  /** The newest, the oldest of them first. */
  linkedFrom: z.array(linkedFromSchema),
  /** What spans of OpenTelemetry say of the same trace, if the program sent them beside the SDK's record. */
  spans: z.array(snapshotSchema).optional(),
});
/**
 * One execution. With `payloads=false` the snapshot lacks its large parts: `input` and `output` everywhere,
 * `reasoning` and `returned.value` of steps, `inline` of artifacts, and `items` and `ledger` of candidates.
 * The parts of one step are at `/steps/:sequence`.
 */
export interface ExecutionDetail {
  snapshot: Snapshot;
  server: ServerFacts;
  linkedFrom: LinkedFrom[];
  spans?: Snapshot[] | undefined;
}

export const detailQuerySchema = z.object({
  payloads: z.enum(['true', 'false']).default('true'),
  /** `otlp`: one ExportTraceServiceRequest of OpenTelemetry, in JSON. */
  format: z.enum(['xray', 'otlp']).default('xray'),
});

/** How the number in a step's path is read. Several steps may share a sequence; an index is unique. */
export const stepQuerySchema = z.object({ by: z.enum(['sequence', 'index']).default('sequence') });

export const stepDetailSchema = z.object({
  /** The place in the snapshot's `steps`. */
  index: z.int(),
  sequence: z.int(),
  step: snapshotSchema.shape.steps.element,
});
export type StepDetail = z.infer<typeof stepDetailSchema>;

/** Sort orders of the list. `-` means descending. An execution without a duration sorts as the shortest. */
export const EXECUTION_SORTS = [
  '-at',
  'at',
  '-duration',
  'duration',
  '-received',
  'received',
] as const;
export type ExecutionSort = (typeof EXECUTION_SORTS)[number];

/** Filters of the list, combined by AND. Times are ISO-8601 and apply to `at`. */
export const executionQuerySchema = rangeQuerySchema.extend({
  pipeline: z.string().max(128).optional(),
  status: z.enum(STATUSES).optional(),
  outcome: z.string().max(64).optional(),
  environment: z.string().max(64).optional(),
  sort: z.enum(EXECUTION_SORTS).default('-at'),
  /** `nextCursor` of the previous page. The filter and the order must be unchanged. */
  cursor: z.string().max(512).optional(),
  limit: wholeNumber(1, 200).default(50),
  ...tableQuerySchema.shape,
});
export type ExecutionQuery = z.infer<typeof executionQuerySchema>;

/** The configuration that the page loads first. */
export const publicConfigSchema = z.object({
  version: z.string(),
  /** The server's address for SDKs, as seen by this request's client. */
  endpoint: z.string(),
  signIn: z.discriminatedUnion('kind', [
    /**
     * Email and password. With `needsSetup` no administrator exists yet, and the server has printed a link.
     */
    z.object({ kind: z.literal('local'), needsSetup: z.boolean() }),
    z.object({ kind: z.literal('clerk'), publishableKey: z.string(), needsSetup: z.boolean() }),
  ]),
});
export type PublicConfig = z.infer<typeof publicConfigSchema>;

export const healthSchema = z.object({ status: z.literal('ok'), version: z.string() });
export const readySchema = z.object({
  status: z.enum(['ready', 'unavailable']),
  store: z.object({
    kind: z.enum(['pglite', 'postgres', 'clickhouse']),
    ok: z.boolean(),
    reason: z.string().optional(),
  }),
});
export type Ready = z.infer<typeof readySchema>;

/**
 * The first line of an exported file: the app, with its keys and rules. Keys are included only on request.
 * A hash cannot be used as a key, but after an import the original key works.
 */
export const appTransferSchema = z.object({
  app: appSchema.omit({ archivedAt: true, role: true }),
  retention: z.array(retentionRuleSchema),
  keys: z.array(
    apiKeySchema.omit({ appId: true, lastUsedAt: true, replaces: true }).extend({
      requestsPerMinute: newKeySchema.shape.requestsPerMinute.unwrap().nullable(),
      createdAt: storableInstantSchema,
      expiresAt: storableInstantSchema.nullable(),
      revokedAt: storableInstantSchema.nullable(),
      /** SHA-256 of the whole key in hex. */
      hash: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
});
export type AppTransfer = z.infer<typeof appTransferSchema>;

/** The numbers of keys and rules that an import added because they were missing. */
export const transferredSchema = z.object({ keys: z.int(), retentionRules: z.int() });
export type Transferred = z.infer<typeof transferredSchema>;

/** One line of an export: the detail of an execution, with the state that the merge rule needs. */
export const exportedExecutionSchema = z.object({
  snapshot: snapshotSchema,
  server: serverFactsSchema.extend({
    receivedAt: storableInstantSchema,
    merge: z
      .object({
        contested: z.boolean(),
        runningRevision: z.int(),
        instanceId: z.string().nullable(),
        manyInstances: z.boolean(),
      })
      .optional(),
    /** The texts of `spans`. They are strings, so that no key in them is taken for the line's own. */
    spans: z.array(z.string()).optional(),
  }),
});

export const reindexRequestSchema = z.object({
  /** `after` of the previous answer. Without it, the rebuild starts from the beginning. */
  after: z.string().min(1).max(200).optional(),
});
/** One call works for about a second. While `after` is not null, send it with the next call. */
export const reindexedSchema = z.object({ executions: z.int(), after: z.string().nullable() });
export type Reindexed = z.infer<typeof reindexedSchema>;

/**
 * The filter of the export. `after` is the last id of an interrupted export, which continues behind it in
 * the same order.
 */
export const exportQuerySchema = rangeQuerySchema.extend({
  after: z.string().min(1).max(LIMITS.name).optional(),
  /** `csv` has the columns of the list, without payloads. `otlp` has one request of OpenTelemetry on each line. */
  format: z.enum(['ndjson', 'csv', 'otlp']).default('ndjson'),
  bom: tableQuerySchema.shape.bom,
  /** With NDJSON: each line has its seal, and what is not sealed yet is left out. */
  seals: z.enum(['true', 'false']).default('false'),
});
