import type { ExecutionPage, ExecutionSort, FoundExecution } from '@xray/core';
import { queryOptions, type QueryClient, type QueryFunctionContext } from '@tanstack/react-query';
import { boundsOf, type TimeBounds, type TimeRange } from '@/components/time-range/time-range';
import { listExecutions } from '@/lib/api-client';
import { EMPTY_CHAIN, extendChain, type PageSlot } from './page-chain';

const PAGE_SIZE = 100;
/**
 * The pages kept before and after the last read page, so that a long scroll needs no more memory.
 */
const KEPT_AROUND = 4;
const WAITING_POLL_MS = 2_000;

export interface ListQuestion {
  app: string;
  q: string;
  range: TimeRange;
  sort: ExecutionSort;
}

/** The prefix of all cached data of a list. */
export function listKey({ app, q, range, sort }: ListQuestion) {
  return ['executions', app, { q, from: range.from, to: range.to, sort }] as const;
}

export function chainQuery(question: ListQuestion) {
  return queryOptions({
    queryKey: [...listKey(question), 'chain'],
    // The pages of the list fill this query as they load.
    enabled: false,
    queryFn: () => EMPTY_CHAIN,
    initialData: EMPTY_CHAIN,
    staleTime: Infinity,
  });
}

type PageKey = readonly [...ReturnType<typeof listKey>, 'page', number, string | null];

/**
 * One page of the list. It also extends the chain of pages. A loaded page does not change until a
 * reload, so rows do not move while somebody reads. An empty list polls.
 *
 * The query must not close over anything. An observer keeps its functions alive. A function made
 * while rendering would keep the pages of that render, and so all pages of a long scroll.
 */
export function pageQuery(question: ListQuestion, { index, start }: PageSlot) {
  return queryOptions<ExecutionPage, Error, ExecutionPage, PageKey>({
    queryKey: [...listKey(question), 'page', index, start],
    queryFn: readPage,
    staleTime: Infinity,
    refetchInterval: pollWhileEmpty,
  });
}

async function readPage({
  client,
  queryKey: [, app, { q, from, to, sort }, , index, start],
  signal,
}: QueryFunctionContext<PageKey>): Promise<ExecutionPage> {
  const question: ListQuestion = { app, q, range: { from, to }, sort };
  const page = await listExecutions(
    app,
    { q, ...boundsFor(client, question, index), sort, cursor: start, limit: PAGE_SIZE },
    signal,
  );
  client.setQueryData(chainQuery(question).queryKey, (chain) =>
    extendChain(chain ?? EMPTY_CHAIN, index, start, page),
  );
  forgetFarPages(client, question, index);
  return page;
}

function pollWhileEmpty(query: { state: { data: ExecutionPage | undefined } }): number | false {
  const { data } = query.state;
  return data?.items.length === 0 && data.nextCursor === null ? WAITING_POLL_MS : false;
}

/** Replaces a loaded execution by its newer flush. False if it is not loaded. */
export function replaceRow(
  client: QueryClient,
  question: ListQuestion,
  row: FoundExecution,
): boolean {
  let isKnown = false;
  client.setQueriesData<ExecutionPage>({ queryKey: [...listKey(question), 'page'] }, (page) => {
    const index = page?.items.findIndex((each) => each.executionId === row.executionId) ?? -1;
    const old = page?.items[index];
    if (page === undefined || old === undefined) return page;
    isKnown = true;
    if (old.revision > row.revision) return page;
    return { ...page, items: page.items.with(index, { ...old, ...row }) };
  });
  return isKnown;
}

/** The range's ends at the time of the list's first page. Its cursors are valid within them. */
function boundsFor(client: QueryClient, question: ListQuestion, index: number): TimeBounds {
  const key = [...listKey(question), 'bounds'];
  const known = index === 0 ? undefined : client.getQueryData<TimeBounds>(key);
  if (known !== undefined) return known;
  const bounds = boundsOf(question.range, Date.now());
  client.setQueryData<TimeBounds>(key, bounds);
  return bounds;
}

function forgetFarPages(client: QueryClient, question: ListQuestion, index: number): void {
  client.removeQueries({
    queryKey: [...listKey(question), 'page'],
    type: 'inactive',
    predicate: ({ queryKey }) => Math.abs(Number(queryKey[4]) - index) > KEPT_AROUND,
  });
}
