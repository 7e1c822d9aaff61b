import { z } from 'zod';
import { apiKeySchema, appSchema } from './access.js';
import { notSearchedSchema, rangeQuerySchema, searchMatchSchema } from './finding.js';
import { LIMITS, STATUSES, snapshotSchema, type Snapshot } from './snapshot.js';

/** The one shape of every error that the server answers with. */
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
  }),
});
export type ErrorBody = z.infer<typeof errorBodySchema>;
export type ErrorDetail = NonNullable<ErrorBody['error']['details']>[number];

/** The answer to `POST /executions`: counts of what was taken, and what was not, by its place. */
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

/** One line of the list of executions: headers only, never a payload. */
export const executionSummarySchema = z.object({
  executionId: z.string(),
  pipeline: z.string(),
  environment: z.string(),
  status: z.enum(STATUSES),
  /** A running execution that was not heard of for 24 h. Derived when read. */
  stale: z.boolean(),
  outcome: z.string().nullable(),
  adverse: z.boolean().nullable(),
  /** Codes of the decision's reasons, principal first. */
  reasons: z.array(z.string()),
  subjects: z.array(z.object({ type: z.string(), id: z.string() })),
  versions: z.record(z.string(), z.string()),
  tags: z.array(z.string()),
  stepCount: z.int(),
  failedStepCount: z.int(),
  /** Type of the first failed step's error. */
  errorType: z.string().nullable(),
  /** When it started by the client's clock, unless that lies in the future. ISO-8601, UTC. */
  at: z.string(),
  receivedAt: z.string(),
  durationMs: z.number().nullable(),
  revision: z.int(),
  conflict: z.boolean(),
});
export type ExecutionSummary = z.infer<typeof executionSummarySchema>;

/** One that a filter found. */
export const foundExecutionSchema = executionSummarySchema.extend({
  /** Where the searched words stand, a few places; only with a search. */
  matches: z.array(searchMatchSchema).optional(),
});
export type FoundExecution = z.infer<typeof foundExecutionSchema>;

export const executionPageSchema = z.object({
  items: z.array(foundExecutionSchema),
  nextCursor: z.string().nullable(),
  /** Only with a search: what it could not look into yet. */
  notSearched: notSearchedSchema.nullable().optional(),
});
export type ExecutionPage = z.infer<typeof executionPageSchema>;

/** Facts that the server adds to a stored snapshot; they stand beside it, never in it. */
export const serverFactsSchema = z.object({
  receivedAt: z.string(),
  conflict: z.boolean(),
  stale: z.boolean(),
  /** UTF-8 bytes of the snapshot's JSON as stored. */
  bytes: z.int(),
});
export type ServerFacts = z.infer<typeof serverFactsSchema>;

export const executionDetailSchema = z.object({
  snapshot: snapshotSchema,
  server: serverFactsSchema,
});
/**
 * One execution. With `payloads=false` the snapshot comes without what can be large: `input`, `output`,
 * `reasoning` and `returned.value` of the steps, artifacts' `inline`, candidates' `items` and `ledger`, and the
 * execution's own `input` and `output`; each step's are at `/steps/:sequence`.
 */
export interface ExecutionDetail {
  snapshot: Snapshot;
  server: ServerFacts;
}

export const detailQuerySchema = z.object({ payloads: z.enum(['true', 'false']).default('true') });

/** What the number in a step's address counts. A sequence may name several steps, an index names one. */
export const stepQuerySchema = z.object({ by: z.enum(['sequence', 'index']).default('sequence') });

export const stepDetailSchema = z.object({
  /** Its place in the snapshot's `steps`. */
  index: z.int(),
  sequence: z.int(),
  step: snapshotSchema.shape.steps.element,
});
export type StepDetail = z.infer<typeof stepDetailSchema>;

/** Orders of the list; `-` begins with the greatest. Without a duration an execution counts as the shortest. */
export const EXECUTION_SORTS = [
  '-at',
  'at',
  '-duration',
  'duration',
  '-received',
  'received',
] as const;
export type ExecutionSort = (typeof EXECUTION_SORTS)[number];

/** Filters of the list; every one given must hold. Times are ISO-8601, and go by `at`. */
export const executionQuerySchema = rangeQuerySchema.extend({
  pipeline: z.string().max(128).optional(),
  status: z.enum(STATUSES).optional(),
  outcome: z.string().max(64).optional(),
  environment: z.string().max(64).optional(),
  sort: z.enum(EXECUTION_SORTS).default('-at'),
  /** `nextCursor` of the page before; the filter and the order have to be the same as there. */
  cursor: z.string().max(512).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
export type ExecutionQuery = z.infer<typeof executionQuerySchema>;

/** What the page must know before anything else. */
export const publicConfigSchema = z.object({
  version: z.string(),
  /** Where an SDK sends to, as this request's client reaches it. */
  endpoint: z.string(),
  signIn: z.discriminatedUnion('kind', [
    /** With email and password. `needsSetup`: there is no administrator yet; the server printed a link. */
    z.object({ kind: z.literal('local'), needsSetup: z.boolean() }),
    z.object({ kind: z.literal('clerk'), publishableKey: z.string(), needsSetup: z.boolean() }),
  ]),
});
export type PublicConfig = z.infer<typeof publicConfigSchema>;

export const healthSchema = z.object({ status: z.literal('ok'), version: z.string() });
export const readySchema = z.object({
  status: z.enum(['ready', 'unavailable']),
  store: z.object({
    kind: z.enum(['pglite', 'postgres']),
    ok: z.boolean(),
    reason: z.string().optional(),
  }),
});
export type Ready = z.infer<typeof readySchema>;

/** How long executions are kept. `environment: null` speaks for all that have no rule of their own. */
export const retentionRuleSchema = z.object({
  environment: z.string().min(1).max(LIMITS.environment).nullable(),
  /** Counted from `receivedAt`; null keeps them for ever. */
  days: z.int().min(1).max(36_500).nullable(),
  /** Nothing is deleted, whatever the request. On the rule for all environments it protects every environment. */
  legalHold: z.boolean(),
});
export type RetentionRule = z.infer<typeof retentionRuleSchema>;

/** An app's rules with what each has deleted so far: executions, and when last. */
export const retentionSchema = z.object({
  items: z.array(
    retentionRuleSchema.extend({ deleted: z.int(), lastDeletedAt: z.string().nullable() }),
  ),
});
export type Retention = z.infer<typeof retentionSchema>;

export const newRetentionSchema = z.object({
  items: z
    .array(retentionRuleSchema)
    .max(100)
    .refine(
      (rules) => new Set(rules.map((rule) => rule.environment)).size === rules.length,
      'an environment has two rules',
    ),
});

/** Which executions are to be erased: one of these, within `environment` if it is given. */
export const pruneRequestSchema = z.object({
  what: z.discriminatedUnion('kind', [
    /** Those that the app's retention rules no longer keep. */
    z.object({ kind: z.literal('expired') }),
    z.object({
      kind: z.literal('received_before'),
      before: z.iso.datetime({ offset: true }),
    }),
    z.object({ kind: z.literal('execution'), executionId: z.string().min(1).max(LIMITS.name) }),
    z.object({
      kind: z.literal('subject'),
      type: z.string().min(1).max(LIMITS.name),
      id: z.string().min(1).max(LIMITS.subjectId),
    }),
  ]),
  environment: z.string().min(1).max(LIMITS.environment).optional(),
  /** Only counts. */
  dryRun: z.boolean().default(false),
  /** Where the call before stopped. */
  cursor: z.string().max(512).optional(),
});
export type PruneRequest = z.input<typeof pruneRequestSchema>;

/** `bytes` are those of the bodies, as UTF-8. */
export const erasureCountSchema = z.object({
  executions: z.int(),
  steps: z.int(),
  bytes: z.int(),
});
export type ErasureCount = z.infer<typeof erasureCountSchema>;

/**
 * One call erases for about a second; while there is a `cursor`, send it with the next. At the end
 * `left` says what still matches (counted again), and `held` how many executions a legal hold protects.
 */
export const pruneResultSchema = z.object({
  erased: erasureCountSchema,
  left: erasureCountSchema.nullable(),
  held: z.int().nullable(),
  cursor: z.string().nullable(),
});
export type PruneResult = z.infer<typeof pruneResultSchema>;

/**
 * The first line of an exported file: the app and what belongs to it beside executions. Keys are there
 * only if they were asked for; a hash opens nothing, and lets the key it was made of go on working.
 */
export const appTransferSchema = z.object({
  app: appSchema.omit({ archivedAt: true, role: true }),
  retention: z.array(retentionRuleSchema),
  keys: z.array(
    apiKeySchema.omit({ appId: true, lastUsedAt: true, replaces: true }).extend({
      /** SHA-256 of the whole key, as hex. */
      hash: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
});
export type AppTransfer = z.infer<typeof appTransferSchema>;

/** What an import found missing and added. */
export const transferredSchema = z.object({ keys: z.int(), retentionRules: z.int() });
export type Transferred = z.infer<typeof transferredSchema>;

/** A line of an export for each execution: its detail, with all that the merge rule remembers of it. */
export const exportedExecutionSchema = z.object({
  snapshot: snapshotSchema,
  server: serverFactsSchema.extend({
    merge: z
      .object({
        contested: z.boolean(),
        runningRevision: z.int(),
        instanceId: z.string().nullable(),
        manyInstances: z.boolean(),
      })
      .optional(),
  }),
});

export const reindexRequestSchema = z.object({
  /** Where the previous call stopped. Without it, everything is rebuilt from the start. */
  after: z.int().min(0).optional(),
});
/** One call works for about a second; while `after` is not null, send it with the next. */
export const reindexedSchema = z.object({ executions: z.int(), after: z.int().nullable() });
export type Reindexed = z.infer<typeof reindexedSchema>;

/**
 * The filter of the export. `after` is the id of the last execution of an export that broke off; the export
 * continues behind it, in the same order.
 */
export const exportQuerySchema = rangeQuerySchema.extend({
  after: z.string().min(1).max(LIMITS.name).optional(),
});
