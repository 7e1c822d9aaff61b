import type { Search, SearchQuestion } from '../search/search.js';

/** A search whose results are all read. */
export type ExportQuestion = Omit<SearchQuestion, 'limit'>;

type Found = Awaited<ReturnType<Search['find']>>['items'];

/** Search results that are read at a time. */
const FOUND_AT_ONCE = 200;

/** The results of a search, page by page. A page may be empty, because the next result may take long. */
export async function* foundPages(search: Search, question: ExportQuestion): AsyncGenerator<Found> {
  let { before } = question;
  do {
    const { items, next } = await search.find({
      ...question,
      before,
      limit: FOUND_AT_ONCE,
      maxMatches: 0,
      isWhole: true,
    });
    yield items;
    before = next;
  } while (before !== undefined);
}
