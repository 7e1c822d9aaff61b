import { z } from 'zod';

import { storableInstant } from './instants.js';

/** The text of an instant that a database can hold. */
export const storableInstantSchema = z.iso.datetime({ offset: true }).refine((text) => {
  const ms = Date.parse(text);
  return storableInstant(ms) === ms;
}, 'must be in the years 1 to 9999');
