import { createParser, parseAsString } from 'nuqs';
import { parseStepAddress, type StepAddress } from '@/lib/step-address';

/** What is inspected: a step, the execution as a whole, or why it was decided so. */
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
  /** Id of the candidate to be found in the step. */
  candidate: parseAsString,
};
