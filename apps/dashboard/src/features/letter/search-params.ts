import { parseAsString } from 'nuqs';

export const letterParams = { app: parseAsString, id: parseAsString, lang: parseAsString };
