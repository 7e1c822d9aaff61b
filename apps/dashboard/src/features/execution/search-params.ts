import { createParser, parseAsString } from 'nuqs';

/** What is inspected: a step by its sequence, the execution as a whole, or why it was decided so. */
export type Inspected = number | 'execution' | 'explain';

const parseAsInspected = createParser<Inspected>({
  parse: (text) => {
    if (text === 'execution' || text === 'explain') return text;
    return /^\d{1,10}$/.test(text) ? Number(text) : null;
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
