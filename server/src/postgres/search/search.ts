import type { CommitPosition } from '../../store/commit-position.js';
import {
  parseJson,
  type DecidingRule,
  type QueryNode,
  type RecordedAppearance,
  type SearchMatch,
} from '@xray/core';
import type { Name } from '../../segments/names.js';
import { factTerm } from '../../segments/terms.js';
import type { ChangedRow } from '../change-rows.js';
import type { Condition, ListedExecution, RowFilter } from '../scope.js';
import type { Document } from '../../segments/document.js';
import type { SearchRange, SearchStore, Tail } from './search-store.js';
import type { TaskThreads } from '../../threads/task-threads.js';
import { Hits, type Place } from './hits.js';
import { IndexReader, SegmentGone, type OpenIndex } from './index-reader.js';
import { leavesOf, needOf, placesOf } from './needs.js';
import { occurrencesOf, type Occurrences } from './occurrences.js';
import { Turns } from './turns.js';

export interface SearchQuestion {
  range: SearchRange;
  query: QueryNode;
  /** A condition that every matching execution meets, as far as columns can decide. */
  where: Condition;
  before: Place | undefined;
  limit: number;
  /** ms since the epoch. */
  now: number;
  /** The largest number of matches shown for each execution. Default: as many as fit. */
  maxMatches?: number;
  /** The page ends behind the record with which it has this many bytes of bodies. */
  maxBytes?: number;
  /** When to stop searching, in the time of `performance.now()`. The page may be short then. */
  endsAt?: number;
  /**
   * The result must be complete, however long it takes. All bodies that are not indexed yet are
   * read.
   */
  isWhole?: boolean;
}

export type Found = ListedExecution & { matches: SearchMatch[] };

/** The hits of the index, and the range that was not searched. */
export interface Everywhere {
  found: Occurrences;
  left: Tail['left'];
}

export interface SearchPage {
  items: Found[];
  /**
   * The place to continue from, if there may be more. A page is short if few of many hits match.
   */
  next: Place | undefined;
  left: Tail['left'];
}

export interface Few {
  ids: number[];
  after: CommitPosition;
}

/** Looking up more ids than this is no faster than walking the rows. */
const MAX_FEW = 1_000;
/** Bodies that one page reads, at most. */
const MAX_LOOKED_INTO = 3_000;
const MAX_CHUNK = 200;
/** Bytes of bodies that one question keeps in memory at a time. A single body may be larger. */
const MAX_PIECE_BYTES = 8 * 1024 * 1024;
/** Postgres treats 0 as no limit for a statement. */
const NO_LIMIT_MS = 0;
/** A merge removes segments. More removals during one question mean a bug. */
const MAX_TRIES = 5;

/** The rows that a search reads. */
export interface SearchedRows {
  index: SearchStore;
  listRows(filter: RowFilter): Promise<ListedExecution[]>;
}

/**
 * Finds executions by their recorded content, with the index, and with the bodies of the newest
 * ones.
 */
export class Search {
  readonly #rows: SearchedRows;
  readonly #threads: TaskThreads;
  readonly #turns = new Turns();
  readonly #reader: IndexReader;

  constructor(rows: SearchedRows, threads: TaskThreads) {
    this.#rows = rows;
    this.#threads = threads;
    this.#reader = new IndexReader(rows.index, threads);
  }

  /** Executions that match the query, newest first, with the places of its words. */
  async find(request: SearchQuestion): Promise<SearchPage> {
    const question = { ...request, range: restOf(request) };
    const { range, query, before } = question;
    const need = needOf(query);
    // Without a term to narrow by, all executions are walked, newest first.
    if (need === undefined) return await this.#collect(question, this.#newest(question), null);
    return await this.#withIndex(range, leavesOf(need), async (index) => {
      if (question.isWhole && index.left !== null) {
        return await this.#collect(question, this.#newest(question), null);
      }
      const hits = new Hits(index, (part) => placesOf(need, part), { ...range, before });
      return await this.#collect(question, this.#found(question, hits), index.left);
    });
  }

  /**
   * The newly written executions that match the query, in the same order. An execution that was
   * rewritten since is left out, because its next version follows. Live streams take turns and rest
   * after each turn, so together they keep one thread busy for half of its time.
   */
  async select(
    question: Pick<SearchQuestion, 'query' | 'now'>,
    written: ChangedRow[],
    signal: AbortSignal,
  ): Promise<(ChangedRow & Found)[]> {
    const selected: (ChangedRow & Found)[] = [];
    for (const rows of piecesOf(written)) {
      if (signal.aborted) break;
      const piece = await this.#turns.take(() =>
        this.#verify({ ...question, isAsRead: (row, { xact }) => row.xact === xact }, rows),
      );
      selected.push(...piece);
    }
    return selected;
  }

  /**
   * The only executions that can match a filter, if the index knows that they are few: these ids,
   * and all rows written after `after`. Undefined if there may be many.
   */
  async findFew(range: SearchRange, query: QueryNode): Promise<Few | undefined> {
    const need = needOf(query);
    // Columns have U+FFFD in place of characters that Postgres cannot store. The index has the
    // originals.
    if (need === undefined || JSON.stringify(query).includes('\ufffd')) return undefined;
    return await retried(async () => {
      const index = await this.#reader.openStored(range, leavesOf(need));
      const walk = { ...range, before: undefined };
      const hits = new Hits(index, (part) => placesOf(need, part), walk);
      if (hits.size > MAX_FEW) return undefined;
      const entries = await hits.next(MAX_FEW);
      return { ids: entries.map(({ id }) => id), after: index.position };
    });
  }

  /** Every appearance of a candidate. */
  async findCandidate(range: SearchRange, id: string): Promise<Everywhere> {
    const leaves = { hashes: [], candidates: [id] };
    return await this.#everywhere(range, leaves, (part) => part.candidate(id));
  }

  /** Every execution that has a fact with the same hash. */
  async findFact(range: SearchRange, ...fact: Parameters<typeof factTerm>): Promise<Everywhere> {
    const hash = factTerm(...fact);
    return await this.#everywhere(range, { hashes: [hash], candidates: [] }, (part) => ({
      places: part.term(hash),
    }));
  }

  /** Subjects and candidates of executions that no segment has yet. */
  async recentNames(range: SearchRange): Promise<Name[]> {
    return await this.#withIndex(range, { hashes: [], candidates: [] }, ({ names }) =>
      Promise.resolve(names),
    );
  }

  async #everywhere(
    range: SearchRange,
    leaves: ReturnType<typeof leavesOf>,
    hitsIn: Parameters<typeof occurrencesOf>[2],
  ): Promise<Everywhere> {
    return await this.#withIndex(range, leaves, async (index) => ({
      found: await occurrencesOf(this.#rows.index, index, hitsIn, range),
      left: index.left,
    }));
  }

  /** The candidate's appearances in the record, by execution id. */
  async readAppearances(
    ids: number[],
    candidate: string,
  ): Promise<Map<number, RecordedAppearance[]>> {
    return await this.#readBodies(ids, (bodies) =>
      this.#threads.run('appearances', { id: candidate, bodies }),
    );
  }

  /** The decisive rules, by execution id. */
  async readRules(ids: number[]): Promise<Map<number, DecidingRule[]>> {
    return await this.#readBodies(ids, (bodies) => this.#threads.run('rules', bodies));
  }

  /** Splits the executions into two groups, so that two threads read large records in parallel. */
  async #readBodies<T>(
    ids: number[],
    read: (bodies: string[]) => Promise<string[]>,
  ): Promise<Map<number, T[]>> {
    const middle = Math.ceil(ids.length / 2);
    const halves = [ids.slice(0, middle), ids.slice(middle)];
    const found = halves.map(async (half): Promise<[number, T[]][]> => {
      const documents = await this.#rows.index.readDocuments(half);
      const items = await read(documents.map(({ body }) => body));
      // The thread returns JSON text, because only text keeps all digits.
      return documents.map(({ id }, place) => [
        id,
        parseJson(items[place] ?? '[]') as unknown as T[],
      ]);
    });
    return new Map((await Promise.all(found)).flat());
  }

  /** Reads the index. If a merge removed a segment meanwhile, it reads again. */
  async #withIndex<T>(
    range: SearchRange,
    leaves: ReturnType<typeof leavesOf>,
    read: (index: OpenIndex) => Promise<T>,
  ): Promise<T> {
    return await retried(async () => await read(await this.#reader.open(range, leaves)));
  }

  async #collect(
    question: SearchQuestion,
    source: Source,
    left: SearchPage['left'],
  ): Promise<SearchPage> {
    const { limit, endsAt = Infinity, maxBytes = Infinity } = question;
    const items: Found[] = [];
    let bytes = 0;
    let size = limit + 1;
    let lookedInto = 0;
    const isEnough = (): boolean =>
      lookedInto >= MAX_LOOKED_INTO || bytes >= maxBytes || performance.now() > endsAt;
    for (;;) {
      const chunk = await source(Math.min(size, MAX_CHUNK));
      if (chunk === undefined) return { items, next: undefined, left };
      for (const rows of piecesOf(chunk.rows)) {
        const found = await this.#verify(question, rows);
        items.push(...found);
        for (const row of found) bytes += row.bytes;
        if (items.length > limit) {
          const page = items.slice(0, limit);
          return { items: page, next: placeOf(page.at(-1)), left };
        }
        lookedInto += rows.length;
        if (isEnough()) return { items, next: placeOf(rows.at(-1)), left };
      }
      if (isEnough()) return { items, next: chunk.last, left };
      size *= 2;
    }
  }

  /** The rows of what was found in the index. */
  #found({ where }: SearchQuestion, hits: Hits): Source {
    return async (count) => {
      const entries = await hits.next(count);
      const last = entries.at(-1);
      if (last === undefined) return undefined;
      const ids = entries.map(({ id }) => id);
      const byId = new Map<number, ListedExecution>();
      for (const row of await this.#rows.index.listByIds(ids, where)) byId.set(row.id, row);
      // An older version may have another time. The newer version is found at its own time.
      const rows = entries.flatMap(({ id, at }) => {
        const row = byId.get(id);
        return row !== undefined && Date.parse(row.summary.at) === at ? [row] : [];
      });
      return { rows, last };
    };
  }

  #newest({ range, where, before, isWhole }: SearchQuestion): Source {
    let after = before && { key: before.at, id: before.id };
    return async (limit) => {
      const rows = await this.#rows.listRows({
        app: range.app,
        where,
        from: range.from === -Infinity ? undefined : new Date(range.from),
        to: range.to === Infinity ? undefined : new Date(range.to),
        sort: '-at',
        after,
        limit,
        ...(isWhole && { limitMs: NO_LIMIT_MS }),
      });
      const last = placeOf(rows.at(-1));
      if (last === undefined) return undefined;
      after = { key: last.at, id: last.id };
      return { rows, last };
    };
  }

  /** The rows whose current bodies match the query, in the same order. */
  async #verify<Row extends ListedExecution>(
    {
      query,
      now,
      maxMatches,
      isAsRead = () => true,
    }: Pick<SearchQuestion, 'query' | 'now' | 'maxMatches'> & {
      /** Whether the body is still the row's current one. */
      isAsRead?: (row: Row, document: Document) => boolean;
    },
    rows: Row[],
  ): Promise<(Row & Found)[]> {
    const documents = await this.#rows.index.readDocuments(rows.map(({ id }) => id));
    const byId = new Map(documents.map((document) => [document.id, document]));
    const present = rows.flatMap((row) => {
      const document = byId.get(row.id);
      return document !== undefined && isAsRead(row, document) ? [{ row, ...document }] : [];
    });
    const suspects = present.map(({ row: { summary }, body }) => ({
      body,
      at: Date.parse(summary.at),
      conflict: summary.conflict,
    }));
    const verdicts = await this.#threads.run('verify', { query, now, maxMatches, suspects });
    return present.flatMap(({ row }, place) => {
      const matches = verdicts[place];
      return matches ? [{ ...row, matches }] : [];
    });
  }
}

/** The part of the range after the previous page. */
function restOf({ range, before }: SearchQuestion): SearchRange {
  return before === undefined ? range : { ...range, to: Math.min(range.to, before.at + 1) };
}

/** The rows in order, split into pieces whose bodies fit into memory. */
function piecesOf<Row extends ListedExecution>(rows: Row[]): Row[][] {
  const pieces: Row[][] = [];
  let bytes = Infinity;
  for (const row of rows) {
    bytes += row.bytes;
    if (bytes > MAX_PIECE_BYTES) {
      pieces.push([]);
      bytes = row.bytes;
    }
    pieces.at(-1)?.push(row);
  }
  return pieces;
}

async function retried<T>(read: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof SegmentGone) || tries === MAX_TRIES) throw error;
    }
  }
}

/** Returns the next rows in order, and the place after them; undefined at the end. */
type Source = (count: number) => Promise<{ rows: ListedExecution[]; last: Place } | undefined>;

function placeOf(row: ListedExecution | undefined): Place | undefined {
  return row && { at: Date.parse(row.summary.at), id: row.id };
}
