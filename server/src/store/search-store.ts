import type { Entry } from '../segments/directory.js';
import type { Name } from '../segments/names.js';
import type { Block, SegmentHead } from '../segments/segment.js';
import type { Condition, ListedExecution } from './scope.js';

/** Up to where executions are in segments, in the order of (xact, id). */
export interface IndexPosition {
  xact: string;
  id: number;
}

/** What the index was when it was looked at; a change of `erasures` makes what was read since worthless. */
export interface IndexState {
  position: IndexPosition;
  erasures: number;
}

export interface StoredSegment {
  id: number;
  app: string;
  head: SegmentHead;
}

/** An execution as the index is made of it. */
export interface Document {
  id: number;
  app: string;
  /** ms since the epoch. */
  at: number;
  xact: string;
  body: string;
}

/** A segment with what else is written of its executions. */
export interface NewSegment {
  app: string;
  head: SegmentHead;
  blocks: Block[];
  names: Name[];
  /** The rows that it was made of. */
  executions: number[];
}

/** A version of an execution that was replaced or deleted. */
export interface Outdated {
  app: string;
  id: number;
  /** ms since the epoch. */
  at: number;
  xact: string;
}

/** Executions of an app by `at`, in ms since the epoch: `from` belongs to it, `to` does not. */
export interface SearchRange {
  app: string;
  from: number;
  to: number;
}

/** Executions that no segment has yet. */
export interface Tail {
  /** The newest, at most as many as were asked for. */
  entries: Entry[];
  /** The others within the range, by when they were received. */
  left: { executions: number; from: Date; to: Date } | null;
}

/** The search index and what it is made of. */
export interface SearchStore {
  readIndexState(): Promise<IndexState>;
  listSegments(range: SearchRange): Promise<{ state: IndexState; segments: StoredSegment[] }>;
  /** Undefined when one of the segments is no longer there. */
  readBlocks(wanted: WantedBlock[]): Promise<Uint8Array[] | undefined>;
  readTail(state: IndexState, range: SearchRange, limit: number): Promise<Tail>;
  /** As they are now; one that is gone is not there. */
  readDocuments(ids: number[]): Promise<Document[]>;
  /** Rows of the list by id, as far as the condition holds of them, in no order. */
  listByIds(ids: number[], where: Condition): Promise<ListedExecution[]>;
  /** Places, within `versions`, of those whose execution is gone or has another version now. */
  findDead(versions: Pick<Entry, 'id' | 'check'>[]): Promise<Set<number>>;
  /**
   * Outdated versions of a range's executions, at most `limit`, with every one that is in one of
   * these segments. Undefined when one of the segments is no longer there.
   */
  readOutdated(
    range: SearchRange,
    segments: number[],
    limit: number,
  ): Promise<Pick<Entry, 'id' | 'check'>[] | undefined>;
  /** The executions among these that are about a subject. */
  readSubject(ids: number[], subject: { type: string; id: string }): Promise<SubjectRow[]>;
  /** How many of these executions are about subjects of this id, by their type. */
  countSubjectTypes(ids: number[], id: string): Promise<{ type: string; executions: number }[]>;

  /** Whether this instance may build the index for the next while. */
  leadIndexing(instance: string, forMs: number): Promise<boolean>;
  /** The next executions in the order of (xact, id), of which no earlier one can still come. */
  readUnindexed(
    after: IndexPosition,
    limits: { executions: number; bytes: number },
  ): Promise<Document[]>;
  /** False when somebody else went on meanwhile, or something was erased. */
  addSegments(state: IndexState, to: IndexPosition, segments: NewSegment[]): Promise<boolean>;

  /** Segments of one app that are to become one, if there are. */
  findMergeable(): Promise<StoredSegment[]>;
  /** The next outdated versions in the order of (app, at, id, xact). */
  listOutdated(after: Outdated | undefined, limit: number): Promise<Outdated[]>;
  /** For those that no segment has. */
  forgetOutdated(versions: Outdated[]): Promise<void>;
  /** Every segment, with when it was made, in ms since the epoch. */
  listForSweep(): Promise<(StoredSegment & { madeAt: number })[]>;
  /** Blocks with numbers in [from, to) of segments, each in order. */
  readBlockRanges(
    kind: Block['kind'],
    ranges: { segment: number; from: number; to: number }[],
  ): Promise<Uint8Array[][]>;
  nextSegmentId(): Promise<number>;
  /** The id of a segment that does not exist yet. */
  writeBlocks(segment: number, blocks: Block[]): Promise<void>;
  /**
   * Puts a segment whose blocks are written in the place of others, or none where nothing is left of
   * them. False, and the blocks are gone, when the others are not there any more or something was erased.
   */
  replaceSegments(
    old: StoredSegment[],
    made: { id: number; head: SegmentHead },
    state: IndexState,
  ): Promise<boolean>;
  /** Removes what was left behind of segments that never came to be, or are of another format. */
  removeRemains(): Promise<void>;
  /**
   * Begins again when the rows' transactions are those of another cluster, as after a restore of a dump:
   * true if so. Rows come to have a number of this one.
   */
  adoptRows(): Promise<boolean>;
  /** Begins again: no segment, and everything to be indexed. */
  clearIndex(): Promise<void>;
  /** How many executions no segment has, and when the one that waits longest was received. */
  measureLag(): Promise<{ executions: number; since: Date | null }>;
}

export interface SubjectRow {
  id: number;
  /** ms since the epoch. */
  at: number;
  outcome: string | null;
  reasons: string[];
}

export interface WantedBlock {
  segment: number;
  kind: Block['kind'];
  number: number;
}
