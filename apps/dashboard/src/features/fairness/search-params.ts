import { parseAsString } from 'nuqs';

/** The question in the address. An empty `by` is the form without an answer; none is another page. */
export const fairnessParams = {
  app: parseAsString,
  by: parseAsString,
  fq: parseAsString.withDefault(''),
  favourable: parseAsString.withDefault(''),
  within: parseAsString.withDefault(''),
  from: parseAsString,
  to: parseAsString,
};
