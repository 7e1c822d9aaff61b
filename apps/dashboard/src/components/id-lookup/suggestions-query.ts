import { queryOptions } from '@tanstack/react-query';
import { getSuggestions } from '@/lib/case-api';

/** As the server has it (core, case.ts). */
const PREFIX_MIN_LENGTH = 2;
const PREFIX_MAX_LENGTH = 256;

export function mayBePrefix(text: string): boolean {
  return text.length >= PREFIX_MIN_LENGTH && text.length <= PREFIX_MAX_LENGTH;
}

/** Subjects and candidates by the beginning of their id, of all time. */
export const suggestionsQuery = (app: string, prefix: string) =>
  queryOptions({
    queryKey: ['suggestions', app, prefix],
    queryFn: ({ signal }) => getSuggestions(app, prefix, signal),
    staleTime: 30_000,
  });
