import type { CandidateHistory, SubjectHistory } from '@xray/core';
import { infiniteQueryOptions } from '@tanstack/react-query';
import { questionBounds } from '@/components/time-range/question-range';
import type { TimeRange } from '@/components/time-range/time-range';
import { getCandidateHistory, getSubjectHistory } from '@/lib/api-client';

export const candidateHistoryQuery = (app: string, id: string, range: TimeRange) =>
  infiniteQueryOptions({
    queryKey: ['candidate-history', app, id, range],
    queryFn: ({ pageParam, signal }) =>
      getCandidateHistory(
        app,
        id,
        { ...pageBounds(pageParam, range), cursor: pageParam.cursor },
        signal,
      ),
    initialPageParam: FIRST,
    getNextPageParam: nextPage<CandidateHistory>,
  });

export const subjectHistoryQuery = (app: string, type: string, id: string, range: TimeRange) =>
  infiniteQueryOptions({
    queryKey: ['subject-history', app, type, id, range],
    queryFn: ({ pageParam, signal }) =>
      getSubjectHistory(
        app,
        { type, id },
        { ...pageBounds(pageParam, range), cursor: pageParam.cursor },
        signal,
      ),
    initialPageParam: FIRST,
    getNextPageParam: nextPage<SubjectHistory>,
  });

interface PageParam {
  cursor: string | null;
  /** The range of the first page. Later pages keep it while the clock moves on. */
  from: string | null;
  to: string | null;
}

const FIRST: PageParam = { cursor: null, from: null, to: null };

function pageBounds(page: PageParam, range: TimeRange) {
  return page.cursor === null ? questionBounds(range, Date.now()) : page;
}

function nextPage<History extends { nextCursor: string | null; from: string; to: string }>({
  nextCursor,
  from,
  to,
}: History): PageParam | null {
  return nextCursor === null ? null : { cursor: nextCursor, from, to };
}
