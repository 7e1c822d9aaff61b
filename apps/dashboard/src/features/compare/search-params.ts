import { parseAsString } from 'nuqs';

/** The app and the two executions that the page compares. */
export const compareParams = { app: parseAsString, a: parseAsString, b: parseAsString };
