import { z } from 'zod';
import { REPLAY_VERDICTS } from './replay-reference.js';
import { rateSchema } from './rate.js';
import { executionIdSchema, snapshotSchema } from './snapshot.js';
import { wholeNumber } from './whole-number.js';

/** Results of a run are deleted after this many days. */
export const REPLAY_DAYS = 30;

const text = z.string().max(512);
const outcome = text.nullable();
const share = rateSchema.omit({ count: true, of: true }).omit({ rate: true }).extend({
  share: z.number(),
});
export type ReplayShare = z.infer<typeof share>;

const decidedSchema = z.object({
  outcome,
  adverse: z.boolean(),
  status: text,
  choice: outcome,
  reason: outcome,
});
const stepSchema = z.object({ sequence: z.int(), name: text });

/** One replayed execution: ids, outcomes and rules. */
export const replayResultSchema = z.object({
  executionId: executionIdSchema,
  pipeline: text,
  verdict: z.enum(REPLAY_VERDICTS),
  why: z.string().max(2_000).nullable(),
  was: decidedSchema,
  is: decidedSchema.nullable(),
  cause: z
    .object({ origin: stepSchema, decided: stepSchema.extend({ rule: text.optional() }) })
    .nullable(),
  /** The rule at the cause, before and after. */
  rule: z.object({ was: outcome, is: outcome }).nullable(),
  /** Executions of the population that it stands for. */
  weight: z.number().positive(),
  /** Flips seen in repeated replays, if not each of them saw it. */
  flaky: z.object({ flips: z.int(), of: z.int() }).optional(),
});
export type ReportedResult = z.infer<typeof replayResultSchema>;

const MAX_ROWS = 100;

/** What a run found, without its single results. */
export const replayReportSchema = z.object({
  /** Executions by verdict. */
  counts: z.record(z.enum(REPLAY_VERDICTS), z.int()),
  /** Records of pipelines that the configuration does not name. */
  withoutPlan: z.int(),
  /** Executions of the population, as the weights say. */
  population: z.int(),
  /** The flips' share of the decided executions of the population. */
  flips: share,
  /** Executions by outcome, before and after. Null is no outcome. */
  matrix: z.array(z.object({ was: outcome, is: outcome, count: z.int() })).max(MAX_ROWS),
  causes: z
    .array(z.object({ origin: text, decided: text, was: outcome, is: outcome, count: z.int() }))
    .max(MAX_ROWS),
  /** Properties whose executions flip more or less often than the others, beyond chance. */
  segments: z
    .array(
      z.object({
        trait: text,
        flips: z.int(),
        of: z.int(),
        others: share,
        within: share,
        pValue: z.number(),
      }),
    )
    .max(MAX_ROWS),
  undecided: z.array(z.object({ why: z.string().max(2_000), count: z.int() })).max(MAX_ROWS),
  answered: z.int(),
  unverified: z.int(),
  reads: z.object({ clock: z.int(), chance: z.int(), network: z.int() }),
  /** The run of the code without the change, on the same records. */
  control: z.object({ file: text, reproduced: z.int(), of: z.int() }).nullable(),
  /** Steps whose function changed and was answered, so that the change did not run. */
  changedAndAnswered: z.array(text).max(MAX_ROWS),
  /** Steps that ran with another function than in the control. */
  changedAndRan: z.array(text).max(MAX_ROWS),
  /** Flips that not each repetition saw. They are in no gate. */
  flaky: z.int().default(0),
  gate: z
    .array(
      z.object({
        what: text,
        max: z.union([z.number(), text]),
        where: text.optional(),
        /** Executions found, or their share of the decided ones where `max` is a share. */
        found: z.number(),
        holds: z.boolean(),
      }),
    )
    .max(MAX_ROWS),
  exitCode: z.union([z.literal(0), z.literal(1), z.literal(3)]),
  /** Why the result cannot be trusted; empty if it can. */
  distrust: z.array(z.string().max(2_000)).max(MAX_ROWS),
});
export type ReplayReport = z.infer<typeof replayReportSchema>;

export const newReplayRunSchema = z.object({
  /** What people call it: a branch, a commit, a pull request. */
  name: z.string().trim().min(1).max(128),
  pipelines: z.array(z.string().min(1).max(128)).min(1).max(50),
  /** The filter of the pulled records, if it is known. */
  q: z.string().max(2_000).nullable().default(null),
  /** Versions of the new code, such as its commit. */
  versions: z.record(z.string().max(128), z.string().max(128)).default({}),
  /** Steps that the plan runs or answers against the rule of their kind, by pipeline. */
  plan: z
    .record(
      z.string().max(128),
      z.object({
        live: z.array(text).max(MAX_ROWS).default([]),
        answer: z.array(text).max(MAX_ROWS).default([]),
        stubs: z.array(text).max(MAX_ROWS).default([]),
      }),
    )
    .default({}),
});
export type NewReplayRun = z.input<typeof newReplayRunSchema>;

export const replayRunSchema = newReplayRunSchema.extend({
  q: z.string().nullable(),
  id: z.string(),
  createdAt: z.string(),
  createdBy: z.string().nullable(),
  /** Null while the run goes on, or if it broke off. */
  finishedAt: z.string().nullable(),
  /** Results that the server has. A run sends changed and undecided ones, or all. */
  stored: z.int(),
  report: replayReportSchema.nullable(),
});
export type ReplayRun = z.infer<typeof replayRunSchema>;

export const replayRunListSchema = z.object({
  items: z.array(replayRunSchema),
  nextCursor: z.string().nullable(),
});
export type ReplayRunList = z.infer<typeof replayRunListSchema>;

export const replayRunsQuerySchema = z.object({
  pipeline: z.string().max(128).optional(),
  cursor: z.string().max(256).optional(),
  limit: wholeNumber(1, 100).default(25),
});

/** A line of the results: what became of an execution, and the record of the new code. */
export const replayLineSchema = z.object({
  result: replayResultSchema,
  snapshot: snapshotSchema.nullable().default(null),
});

export const storedResultsSchema = z.object({
  stored: z.int(),
  duplicates: z.int(),
  /** Results of executions that were erased. */
  erased: z.int(),
});
export type StoredResults = z.infer<typeof storedResultsSchema>;

/** `was` and `is` are outcomes, empty for none; `cause` is the rule or step that decided. */
export const replayResultsQuerySchema = z.object({
  verdict: z.enum(REPLAY_VERDICTS).optional(),
  was: z.string().max(64).optional(),
  is: z.string().max(64).optional(),
  cause: z.string().max(128).optional(),
  why: z.string().max(2_000).optional(),
  cursor: z.string().max(512).optional(),
  limit: wholeNumber(1, 200).default(50),
});
export type ReplayResultsQuery = z.infer<typeof replayResultsQuerySchema>;

export const replayResultPageSchema = z.object({
  items: z.array(
    replayResultSchema.extend({
      /** Whether the record of the new code is stored, for a comparison. */
      replayed: z.boolean(),
    }),
  ),
  nextCursor: z.string().nullable(),
});
export type ReplayResultPage = z.infer<typeof replayResultPageSchema>;
