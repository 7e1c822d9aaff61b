import { parseAsString } from 'nuqs';

/** Whose history is shown. `as`: `candidate`, or the type of a subject; without it what the id is known as. */
export const whyParams = {
  app: parseAsString,
  id: parseAsString,
  as: parseAsString,
  from: parseAsString,
  to: parseAsString,
};
