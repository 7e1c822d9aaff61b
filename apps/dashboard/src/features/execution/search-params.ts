import { createParser, parseAsString } from 'nuqs';

/** What is inspected: a step by its sequence, or the execution as a whole. */
export type Inspected = number | 'execution';

const parseAsInspected = createParser<Inspected>({
  parse: (text) => {
    if (text === 'execution') return text;
    return /^\d{1,10}$/.test(text) ? Number(text) : null;
  },
  serialize: String,
});

export const executionParams = {
  app: parseAsString,
  id: parseAsString,
  step: parseAsInspected,
  tab: parseAsString,
};
