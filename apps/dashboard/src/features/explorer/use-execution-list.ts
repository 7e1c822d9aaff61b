'use client';

import type { FoundExecution, NotSearched } from '@xray/core';
import { useQueries, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { keepPosition, positionOf } from './list-position';
import { listKey, pageQuery, type ListQuestion } from './list-query';
import { pagesOfRows, type PageChain } from './page-chain';

/** The next page loads when this many rows remain below. */
const NEAR_END_ROWS = 30;

export type Row = FoundExecution;

export interface ExecutionList {
  /** Undefined while its page loads. */
  rowAt: (index: number) => Row | undefined;
  isFetching: boolean;
  /** The error of a visible page. */
  error: unknown;
  notSearched: NotSearched | null;
  /** Retries the failed pages. */
  retry: () => void;
  /** Reloads the list from the top. */
  refresh: () => Promise<void>;
}

/**
 * A list of any length in keyset pages. Only the pages around rows `first` to `last` are in memory.
 * The list does not change while it is open, or when the person goes back to it. Otherwise it
 * reloads its first page.
 */
export function useExecutionList(
  question: ListQuestion,
  chain: PageChain,
  first: number,
  last: number,
): ExecutionList {
  const client = useQueryClient();
  const slots = pagesOfRows(chain, first, Math.max(first, last) + NEAR_END_ROWS);
  const pages = useQueries({
    queries: slots.map((slot) => pageQuery(question, slot)),
  });

  const opened = JSON.stringify(listKey(question));
  useEffect(() => {
    const isBack = positionOf(opened) !== null;
    keepPosition(opened);
    if (isBack) return;
    const key: unknown[] = JSON.parse(opened);
    void client.invalidateQueries({ queryKey: [...key, 'page'] });
  }, [client, opened]);

  const failed = pages.filter((page) => page.isError);
  return {
    rowAt: (index) => {
      const place = slots.findLastIndex((slot) => slot.firstRow <= index);
      const slot = slots[place];
      return slot === undefined ? undefined : pages[place]?.data?.items[index - slot.firstRow];
    },
    isFetching: pages.some((page) => page.isFetching),
    error: failed[0]?.error ?? null,
    notSearched: pages.map((page) => page.data?.notSearched ?? null).find(Boolean) ?? null,
    retry: () => {
      for (const page of failed) void page.refetch();
    },
    refresh: () => client.invalidateQueries({ queryKey: [...listKey(question), 'page'] }),
  };
}
