import { termsIn, type TermKind, type Terms } from '@xray/core/terms';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { useSearchParams } from 'next/navigation';
import { useMemo } from 'react';
import { getDictionary } from './case-api';

export const dictionaryQuery = (app: string) =>
  queryOptions({
    queryKey: ['dictionary', app],
    queryFn: ({ signal }) => getDictionary(app, signal),
    staleTime: 60_000,
  });

/** The words of the app of the address, in the reader's language; null until they are read. */
export function useTerms(): Terms | null {
  const app = useSearchParams().get('app');
  const { data } = useQuery({ ...dictionaryQuery(app ?? ''), enabled: app !== null });
  return useMemo(
    () => (data === undefined ? null : termsIn(data.dictionary, navigator.language)),
    [data],
  );
}

/** Gives the name of a code, or the code itself if it has no name yet. */
export function useNames(): (kind: TermKind, code: string) => string {
  const terms = useTerms();
  return (kind, code) => terms?.name(kind, code) ?? code;
}
