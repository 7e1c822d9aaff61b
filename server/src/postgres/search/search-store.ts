import type { CommitPosition } from '../../store/commit-position.js';
import type { Entry } from '../../segments/directory.js';
import type { Document } from '../../segments/document.js';
import type { Name } from '../../segments/names.js';
import type { Block, SegmentHead } from '../../segments/segment.js';
import type { Condition, ListedExecution } from '../scope.js';

/**
 * The state of the index at one moment. If `erasures` changes later, everything read since is
 * invalid.
 */
export interface IndexState {
  position: CommitPosition;
  erasures: number;
}

export interface StoredSegment {
  id: number;
  app: string;
  head: SegmentHead;
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

/** Executions of an app by `at`, in ms since the epoch, including `from` and excluding `to`. */
export interface SearchRange {
  app: string;
  from: number;
  to: number;
}

/** Executions that are in no segment yet. */
export interface Tail {
  /** The newest, at most the requested number. */
  entries: Entry[];
  /** The others in the range, and the period in which they were received. */
  left: { executions: number; from: Date; to: Date } | null;
}

/** The search index, and the data it is built from. */
export interface SearchStore {
  readIndexState(): Promise<IndexState>;
  listSegments(range: SearchRange): Promise<{ state: IndexState; segments: StoredSegment[] }>;
  /** Undefined if one of the segments no longer exists. */
  readBlocks(wanted: WantedBlock[]): Promise<Uint8Array[] | undefined>;
  readTail(state: IndexState, range: SearchRange, limit: number): Promise<Tail>;
  /** The current documents. Deleted executions are left out. */
  readDocuments(ids: number[]): Promise<Document[]>;
  /** Rows of the list by id, if the condition holds for them, in no order. */
  listByIds(ids: number[], where: Condition): Promise<ListedExecution[]>;
  /** Indices in `versions` of those whose execution was deleted or has another version now. */
  findDead(versions: Pick<Entry, 'id' | 'check'>[]): Promise<Set<number>>;
  /**
   * Outdated versions of a range's executions, at most `limit`, including every one that is in one
   * of these segments. Undefined if one of the segments no longer exists.
   */
  readOutdated(
    range: SearchRange,
    segments: number[],
    limit: number,
  ): Promise<Pick<Entry, 'id' | 'check'>[] | undefined>;
  /** The ids whose execution is about a subject. */
  readSubject(ids: number[], subject: { type: string; id: string }): Promise<SubjectRow[]>;
  /** How many of these executions are about subjects with this id, by type. */
  countSubjectTypes(ids: number[], id: string): Promise<{ type: string; executions: number }[]>;

  /** Whether this instance may build the index for the next `forMs`. */
  leadIndexing(instance: string, forMs: number): Promise<boolean>;
  /** The next executions in the order of (xact, id). No new execution can appear before them. */
  readUnindexed(
    after: CommitPosition,
    limits: { executions: number; bytes: number },
  ): Promise<Document[]>;
  /** False if another instance has continued meanwhile, or something was erased. */
  addSegments(state: IndexState, to: CommitPosition, segments: NewSegment[]): Promise<boolean>;

  /** Segments of one app that should be merged into one, if there are any. */
  findMergeable(): Promise<StoredSegment[]>;
  /** The next outdated versions in the order of (app, at, id, xact). */
  listOutdated(after: Outdated | undefined, limit: number): Promise<Outdated[]>;
  /** Forgets versions that are in no segment. */
  forgetOutdated(versions: Outdated[]): Promise<void>;
  /** Every segment, with the time when it was made, in ms since the epoch. */
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
   * Replaces segments by one whose blocks are already written, or by none if nothing is left of
   * them. If the old segments no longer exist or something was erased, returns false and deletes
   * the blocks.
   */
  replaceSegments(
    old: StoredSegment[],
    made: { id: number; head: SegmentHead },
    state: IndexState,
  ): Promise<boolean>;
  /** Removes what is left of unfinished segments and of segments in another format. */
  removeRemains(): Promise<void>;
  /**
   * Starts the index again if the rows' transaction numbers come from another database cluster, as
   * after restoring a dump. Returns true if so. The rows then get numbers of this cluster.
   */
  adoptRows(): Promise<boolean>;
  /** Empties the index: no segment, and everything to be indexed. */
  clearIndex(): Promise<void>;
  /** How many executions are in no segment, and when the oldest of them was received. */
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
