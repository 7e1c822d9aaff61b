import { parseAsString } from 'nuqs';

export const caseParams = { app: parseAsString, type: parseAsString, id: parseAsString };
