import { termsIn, type TermKind, type Terms } from '@xray/core/terms';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { useShownApp } from './app-scope';
import { getDictionary } from './case-api';

export const dictionaryQuery = (app: string) =>
  queryOptions({
    queryKey: ['dictionary', app],
    queryFn: ({ signal }) => getDictionary(app, signal),
    staleTime: 60_000,
  });

/** Gives the name of a code, or the code itself if it has no name. */
export type Names = (kind: TermKind, code: string) => string;

/** The recorded names, which filters and files use. */
export const asRecorded: Names = (_kind, code) => code;

/** The name with the recorded code, for the text that shows on hover. */
export function nameWithCode(name: string, code: string): string {
  return name === code ? code : `${name} (${code})`;
}

/** Every row of a list reads the terms, so they are made once for each answer. */
const made = new WeakMap<object, Terms>();

/** The words of the shown app, in the reader's language; null until they are read. */
export function useTerms(): Terms | null {
  const app = useShownApp();
  const { data } = useQuery({ ...dictionaryQuery(app ?? ''), enabled: app !== null });
  if (data === undefined) return null;
  const known = made.get(data) ?? termsIn(data.dictionary, navigator.language);
  made.set(data, known);
  return known;
}

/** Until the dictionary is read, codes have no name. */
export function useNames(): Names {
  return useTerms()?.name ?? asRecorded;
}
