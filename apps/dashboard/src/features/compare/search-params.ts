import { parseAsString } from 'nuqs';

/** The two executions that the page lays side by side, and their app. */
export const compareParams = { app: parseAsString, a: parseAsString, b: parseAsString };
