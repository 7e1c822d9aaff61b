import { z } from 'zod';
import { LIMITS } from './snapshot.js';

/** What an outcome is for the people who answer for the decisions. */
export const OUTCOME_MEANINGS = ['good', 'bad', 'neutral'] as const;
export type OutcomeMeaning = (typeof OUTCOME_MEANINGS)[number];

/** Outcomes of a pipeline that can have a meaning. */
export const MAX_OUTCOME_MEANINGS = 50;

const outcomeSchema = z.strictObject({
  outcome: z.string().min(1).max(LIMITS.outcome),
  meaning: z.enum(OUTCOME_MEANINGS),
  /** A hue in degrees; null for the colour of the meaning. */
  hue: z.int().min(0).max(359).nullable().default(null),
});

const listSchema = z
  .array(outcomeSchema)
  .max(MAX_OUTCOME_MEANINGS)
  .refine((list) => new Set(list.map(({ outcome }) => outcome)).size === list.length, {
    message: 'each outcome may be listed once',
  });

/** The outcomes of one pipeline in the order in which they are shown. Others follow by their count. */
export const outcomeMeaningsSchema = z.object({ outcomes: listSchema });
export type OutcomeMeanings = z.output<typeof outcomeMeaningsSchema>;

/** The meanings of an app's outcomes, for each pipeline that has meanings. */
export const appOutcomesSchema = z.object({
  items: z.array(z.object({ pipeline: z.string(), outcomes: listSchema })),
});
export type AppOutcomes = z.output<typeof appOutcomesSchema>;
