import { z } from 'zod';

/** A BCP 47 tag such as `de` or `de-AT`. */
export const languageSchema = z
  .string()
  .max(35)
  .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'must be a language such as "de" or "de-AT"');
