import { createParser, parseAsString } from 'nuqs';
import { parseStepAddress, type StepAddress } from '@/lib/step-address';

/** The inspected part: a step, the whole execution, or the explanation. */
export type Inspected = StepAddress | 'execution' | 'explain';

const parseAsInspected = createParser<Inspected>({
  parse: (text) => {
    if (text === 'execution' || text === 'explain') return text;
    return parseStepAddress(text);
  },
  serialize: String,
});

export const executionParams = {
  app: parseAsString,
  id: parseAsString,
  step: parseAsInspected,
  tab: parseAsString,
  /** The id of the candidate to find in the step. */
  candidate: parseAsString,
};
