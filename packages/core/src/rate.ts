import { z } from 'zod';
import { share, wilsonInterval, type Tally } from './proportions.js';

/** A share of executions with its 95 % confidence interval (Wilson), all between 0 and 1. */
export const rateSchema = z.object({
  count: z.int(),
  of: z.int(),
  rate: z.number(),
  low: z.number(),
  high: z.number(),
});
export type Rate = z.infer<typeof rateSchema>;

export function rateOf(tally: Tally): Rate {
  return { count: tally.count, of: tally.total, rate: share(tally), ...wilsonInterval(tally) };
}
