import { parseAsString } from 'nuqs';

/**
 * The id whose history is shown. `as` is `candidate` or the type of a subject; default: what the id
 * is known as.
 */
export const whyParams = {
  app: parseAsString,
  id: parseAsString,
  as: parseAsString,
  from: parseAsString,
  to: parseAsString,
};
