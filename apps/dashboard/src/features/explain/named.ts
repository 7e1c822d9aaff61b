import type { Explanation } from '@xray/core';
import { nameExplanation } from '@xray/core/named-explanation';
import type { UseQueryResult } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTerms } from '@/lib/dictionary';

/**
 * The explanation with the names of the app's dictionary. Pipeline and outcome keep their codes, which the colour of
 * the outcome follows.
 */
export function useNamedExplanation(
  query: UseQueryResult<Explanation>,
): UseQueryResult<Explanation> {
  const terms = useTerms();
  const { data } = query;
  const named = useMemo(
    () =>
      data === undefined || terms === null
        ? data
        : { ...nameExplanation(data, terms), outcome: data.outcome, pipeline: data.pipeline },
    [data, terms],
  );
  return { ...query, data: named } as UseQueryResult<Explanation>;
}
