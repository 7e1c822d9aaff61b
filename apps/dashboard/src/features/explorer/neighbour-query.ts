import type { ExecutionPage } from '@xray/core';
import { queryOptions, type QueryClient } from '@tanstack/react-query';
import { lastList } from './last-list';
import { chainQuery, pageQuery, type ListQuestion } from './list-query';
import { SORTS } from './search-params';

/** Pages that are loaded to find an execution in a list that is no longer in memory. */
const MAX_PAGES = 5;

/** The executions before and after one in its list. Null at an end, or where no list is known. */
export interface NeighbourIds {
  previous: string | null;
  next: string | null;
}

const NONE: NeighbourIds = { previous: null, next: null };

/** The neighbours in the list that this tab showed last. */
export const neighbourQuery = (app: string, executionId: string) =>
  queryOptions({
    queryKey: ['neighbours', app, executionId, lastList()],
    queryFn: async ({ client }) => {
      const question = questionOf(lastList());
      if (question === null || question.app !== app) return NONE;
      return await findNeighbours(client, question, executionId);
    },
    staleTime: Infinity,
    gcTime: 60_000,
  });

async function findNeighbours(
  client: QueryClient,
  question: ListQuestion,
  executionId: string,
): Promise<NeighbourIds> {
  const starts = client.getQueryData(chainQuery(question).queryKey)?.starts ?? [null];
  const known = starts.findIndex((start, index) => {
    const page = client.getQueryData(pageQuery(question, slot(index, start)).queryKey);
    return page?.items.some((item) => item.executionId === executionId);
  });
  let before: ExecutionPage | null = null;
  let start: string | null = starts[Math.max(0, known)] ?? null;
  const first = Math.max(0, known);
  for (let index = first; index < first + MAX_PAGES; index += 1) {
    const page: ExecutionPage = await read(client, question, index, start);
    const place = page.items.findIndex((item) => item.executionId === executionId);
    if (place >= 0) {
      const earlier =
        place === 0 && before === null && index > 0
          ? await read(client, question, index - 1, starts[index - 1] ?? null)
          : before;
      const later =
        place === page.items.length - 1 && page.nextCursor !== null
          ? await read(client, question, index + 1, page.nextCursor)
          : null;
      return {
        previous: (page.items[place - 1] ?? earlier?.items.at(-1))?.executionId ?? null,
        next: (page.items[place + 1] ?? later?.items[0])?.executionId ?? null,
      };
    }
    if (page.nextCursor === null) return NONE;
    before = page;
    start = page.nextCursor;
  }
  return NONE;
}

async function read(
  client: QueryClient,
  question: ListQuestion,
  index: number,
  start: string | null,
): Promise<ExecutionPage> {
  return await client.ensureQueryData(pageQuery(question, slot(index, start)));
}

function slot(index: number, start: string | null) {
  return { index, start, firstRow: 0 };
}

/** The question of a list's key. Null if the text is not one. */
function questionOf(key: string | null): ListQuestion | null {
  if (key === null) return null;
  try {
    const [, app, { q, from, to, sort }] = JSON.parse(key) as [
      string,
      string,
      Record<'q' | 'from' | 'to' | 'sort', string>,
    ];
    const known = SORTS.find((each) => each === sort);
    if (known === undefined || typeof q !== 'string') return null;
    return { app, q, range: { from: from ?? null, to: to ?? null }, sort: known };
  } catch {
    return null;
  }
}
