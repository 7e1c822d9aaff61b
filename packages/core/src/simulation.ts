import { z } from 'zod';
import { errorBodySchema } from './api.js';
import { rangeQuerySchema } from './finding.js';
import { parseJson, type Json } from './exact-json.js';

/** A rule with another threshold than the recorded one. */
export interface ThresholdChange {
  rule: string;
  threshold: Json;
}

const MAX_CHANGES = 5;

/** Reads `min_score:640`. A threshold that is not JSON is a text. Undefined without a rule or a threshold. */
export function readThresholdChange(text: string): ThresholdChange | undefined {
  const colon = text.lastIndexOf(':');
  const split = jsonStart(text) ?? colon;
  const [rule, value] = [text.slice(0, split), text.slice(split + 1).trim()];
  if (split <= 0 || value === '') return undefined;
  try {
    return { rule, threshold: parseJson(value) };
  } catch {
    return { rule, threshold: value };
  }
}

/** A list or a quoted text may contain colons, and so may the id of a rule. */
function jsonStart(text: string): number | undefined {
  const at = /:\s*["[]/.exec(text)?.index;
  return at === undefined || !/["\]]\s*$/.test(text) ? undefined : at;
}

const setSchema = z
  .string()
  .max(2_000)
  .refine((text) => readThresholdChange(text) !== undefined, {
    message: 'write RULE:THRESHOLD, such as min_score:640',
  });

export const simulationQuerySchema = rangeQuerySchema.extend({
  /** `RULE:THRESHOLD`; several times for several rules. */
  set: z.union([setSchema, z.array(setSchema).min(1).max(MAX_CHANGES)]),
});

/** The changes of a valid query. */
export function thresholdChanges(set: string | readonly string[]): ThresholdChange[] {
  return [set].flat().flatMap((text) => readThresholdChange(text) ?? []);
}

/**
 * Why the record does not determine a decision. `not_reached`, `stays`: the same results of the rules led to
 * several outcomes, or were rarely seen. `turns`: the new results led to several outcomes, or were rarely seen near
 * the threshold.
 */
export const OPEN_CAUSES = [
  'stays_pass',
  'stays_fail',
  'not_reached',
  'turns',
  'human',
  'no_decision',
  'not_finished',
  'incomplete',
  'not_computable',
  'not_evaluated',
  'newcomers_without_score',
  'candidates_without_detail',
  'nothing_left',
] as const;
export type OpenCause = (typeof OPEN_CAUSES)[number];

const outcome = z.string().nullable();

export const simulationSchema = z.object({
  range: z.object({ from: z.string(), to: z.string() }),
  /** Executions that the filter finds, and the number of them that were read. All counts are of those that were read. */
  executions: z.int(),
  sampled: z.int(),
  /** `declared`: every program states how its checks decide. `learned`: from equal results of rules. */
  basis: z.enum(['declared', 'learned']),
  rules: z.array(
    z.object({
      rule: z.string(),
      threshold: z.unknown() as z.ZodType<Json>,
      /** The recorded thresholds, the most frequent first. */
      was: z.array(z.unknown() as z.ZodType<Json>),
      /** Executions that evaluated the rule, and those in which its result turns. */
      evaluated: z.int(),
      turns: z.int(),
    }),
  ),
  flips: z.object({
    /** The record determines that these decide otherwise. */
    certain: z.int(),
    /** At most this many flip if a threshold acts only through the result of its rule. */
    atMostIfRuleAlone: z.int(),
    /** At most this many flip, also if the program uses the threshold elsewhere. */
    atMost: z.int(),
  }),
  /** Certain flips by outcome. Several outcomes in `to` are all possible; `choice` is another first candidate. */
  to: z.array(
    z.object({ from: outcome, to: z.array(outcome), choice: z.boolean(), count: z.int() }),
  ),
  open: z.partialRecord(z.enum(OPEN_CAUSES), z.int()),
  examples: z.array(
    z.object({
      executionId: z.string(),
      verdict: z.enum(['certain', 'open']),
      from: outcome,
      to: z.array(outcome),
      open: z.enum(OPEN_CAUSES).nullable(),
    }),
  ),
});
export type Simulation = z.infer<typeof simulationSchema>;

/** A line of the answer about all executions. */
export const simulationLineSchema = z.union([
  z.object({ progress: z.object({ read: z.int(), executions: z.int() }) }),
  z.object({ answer: simulationSchema }),
  /** The error of a request that was refused after the first line. */
  errorBodySchema,
]);
export type SimulationLine = z.infer<typeof simulationLineSchema>;
