import type { CommitPosition } from '../../store/commit-position.js';
import { setImmediate } from 'node:timers/promises';
import type { BuiltSegment } from '../../segments/build.js';
import type { Name } from '../../segments/names.js';
import { candidateHash, findCandidate, type Appearances } from '../../segments/candidate-blocks.js';
import {
  readDirectoryBlock,
  versionOf,
  versionsIn,
  type Directory,
  type Entry,
} from '../../segments/directory.js';
import {
  CANDIDATES,
  DIRECTORY,
  TERMS,
  blockNumber,
  type Block,
  type SegmentHead,
} from '../../segments/segment.js';
import { findTerm } from '../../segments/term-blocks.js';
import type { SearchRange, SearchStore, StoredSegment, Tail, WantedBlock } from './search-store.js';
import { Lru } from './lru.js';
import type { TaskThreads } from '../../threads/task-threads.js';

/** A segment, stored or made from the tail, with the blocks that a question needs. */
export interface Part {
  head: SegmentHead;
  term(hash: number): Uint32Array;
  candidate(id: string): Appearances;
  /** The block of the directory if it is loaded. If not, `missing` names it. */
  directory(number: number): Directory | undefined;
  missing(number: number): WantedBlock;
  /**
   * Whether the version is still the current one of its execution; undefined if that is not known
   * here.
   */
  isCurrent: ((version: Pick<Entry, 'id' | 'check'>) => boolean) | undefined;
}

export interface OpenIndex {
  parts: Part[];
  /** The ids of the stored segments. */
  segments: number[];
  /** Executions without a segment that were too many to read. */
  left: Tail['left'];
  /** Subjects and candidates of executions that no segment has yet. */
  names: Name[];
  /** Loads blocks of the directory. */
  load(wanted: WantedBlock[]): Promise<void>;
}

/** A merge removed the segment during the read. The caller repeats the question. */
export class SegmentGone extends Error {}

/** The largest number of executions in the tail that are read one by one. */
const MAX_TAIL = 2_000;
/** The number of cached directory blocks, of 20 KB each. */
const MAX_DIRECTORIES = 2_048;
/** Executions in one segment made from the tail. */
const TAIL_CHUNK = 200;
/** The number of cached tail segments for an app. */
const MAX_TAIL_PARTS = 64;
const MAX_APPS = 32;

interface TailPart {
  segment: BuiltSegment;
  ids: Set<string>;
}

/** Reads the index: its segments, and the tail as if it were a segment. */
export class IndexReader {
  readonly #store: SearchStore;
  readonly #threads: TaskThreads;
  readonly #directories = new Lru<Directory>(MAX_DIRECTORIES);
  readonly #tails = new Lru<TailPart[]>(MAX_APPS);

  constructor(store: SearchStore, threads: TaskThreads) {
    this.#store = store;
    this.#threads = threads;
  }

  /** Throws SegmentGone. */
  async open(
    range: SearchRange,
    leaves: { hashes: number[]; candidates: string[] },
  ): Promise<OpenIndex> {
    const { state, segments } = await this.#store.listSegments(range);
    const tail = await this.#store.readTail(state, range, MAX_TAIL);
    const wanted = segments.flatMap((segment) => blocksOf(segment, leaves));
    const [blocks, tailParts] = await Promise.all([
      this.#store.readBlocks(wanted),
      this.#tailParts(range.app, tail),
    ]);
    if (blocks === undefined) throw new SegmentGone();
    const bodies = new Map(wanted.map((block, place) => [keyOf(block), blocks[place]]));
    const current = new Set(tail.entries.map(versionOf));
    return {
      parts: [
        ...segments.map((segment) => this.#storedPart(segment, bodies)),
        ...tailParts.map(({ segment }) => memoryPart(segment, current)),
      ],
      segments: segments.map(({ id }) => id),
      left: tail.left,
      names: namesAmong(tailParts, tail),
      load: (missing) => this.#load(missing),
    };
  }

  /**
   * Only the segments, with the position after which rows are in no segment. Throws SegmentGone.
   */
  async openStored(
    range: SearchRange,
    leaves: { hashes: number[]; candidates: string[] },
  ): Promise<OpenIndex & { position: CommitPosition }> {
    const { state, segments } = await this.#store.listSegments(range);
    const wanted = segments.flatMap((segment) => blocksOf(segment, leaves));
    const blocks = await this.#store.readBlocks(wanted);
    if (blocks === undefined) throw new SegmentGone();
    const bodies = new Map(wanted.map((block, place) => [keyOf(block), blocks[place]]));
    return {
      parts: segments.map((segment) => this.#storedPart(segment, bodies)),
      segments: segments.map(({ id }) => id),
      left: null,
      names: [],
      load: (missing) => this.#load(missing),
      position: state.position,
    };
  }

  #storedPart({ id, head }: StoredSegment, bodies: Map<string, Uint8Array | undefined>): Part {
    const body = (kind: Block['kind'], number: number): Uint8Array =>
      bodies.get(keyOf({ segment: id, kind, number })) ?? new Uint8Array();
    return {
      head,
      term: (hash) => findTerm(body(TERMS, blockNumber(hash, head.bits.terms)), hash),
      candidate: (candidate) =>
        findCandidate(
          body(CANDIDATES, blockNumber(candidateHash(candidate), head.bits.candidates)),
          candidate,
        ),
      directory: (number) => this.#directories.get(keyOf({ segment: id, kind: DIRECTORY, number })),
      missing: (number) => ({ segment: id, kind: DIRECTORY, number }),
      isCurrent: undefined,
    };
  }

  async #load(wanted: WantedBlock[]): Promise<void> {
    const blocks = await this.#store.readBlocks(wanted);
    if (blocks === undefined) throw new SegmentGone();
    for (const [place, request] of wanted.entries()) {
      const block = blocks[place];
      if (block !== undefined) this.#directories.set(keyOf(request), readDirectoryBlock(block));
    }
  }

  /** Segments of the current tail. Segments made for the question before are used again. */
  async #tailParts(app: string, { entries }: Tail): Promise<TailPart[]> {
    const current = new Set(entries.map(versionOf));
    const kept = (this.#tails.get(app) ?? []).filter(({ ids }) =>
      [...ids].some((version) => current.has(version)),
    );
    const known = new Set(kept.flatMap(({ ids }) => [...ids]));
    const missing = entries.filter((entry) => !known.has(versionOf(entry)));
    const parts = kept.slice(-MAX_TAIL_PARTS);
    for (let from = 0; from < missing.length; from += TAIL_CHUNK) {
      const chunk = missing.slice(from, from + TAIL_CHUNK);
      const documents = await this.#store.readDocuments(chunk.map(({ id }) => id));
      if (documents.length === 0) continue;
      const segment = await this.#threads.run('build', documents);
      parts.push({ segment, ids: versionsOf(segment) });
      await setImmediate();
    }
    this.#tails.set(app, parts);
    return parts;
  }
}

function blocksOf(
  { id, head }: StoredSegment,
  { hashes, candidates }: { hashes: number[]; candidates: string[] },
): WantedBlock[] {
  const wanted = new Map<string, WantedBlock>();
  const add = (kind: Block['kind'], number: number): void => {
    const request = { segment: id, kind, number };
    wanted.set(keyOf(request), request);
  };
  for (const hash of hashes) add(TERMS, blockNumber(hash, head.bits.terms));
  if (head.bytes.candidates > 0) {
    for (const candidate of candidates) {
      add(CANDIDATES, blockNumber(candidateHash(candidate), head.bits.candidates));
    }
  }
  return [...wanted.values()];
}

function memoryPart({ head, blocks }: BuiltSegment, current: ReadonlySet<string>): Part {
  const body = (kind: Block['kind'], number: number): Uint8Array =>
    blocks.find((block) => block.kind === kind && block.number === number)?.body ??
    new Uint8Array();
  return {
    head,
    term: (hash) => findTerm(body(TERMS, blockNumber(hash, head.bits.terms)), hash),
    candidate: (id) =>
      findCandidate(body(CANDIDATES, blockNumber(candidateHash(id), head.bits.candidates)), id),
    directory: (number) => readDirectoryBlock(body(DIRECTORY, number)),
    missing: (number) => ({ segment: 0, kind: DIRECTORY, number }),
    isCurrent: (entry) => current.has(versionOf(entry)),
  };
}

/** Without the names of executions that left the tail, or were erased. */
function namesAmong(parts: TailPart[], { entries }: Tail): Name[] {
  const current = new Set(entries.map(({ id }) => id));
  return parts.flatMap(({ segment }) =>
    segment.names.filter(({ execution }) => current.has(execution)),
  );
}

function versionsOf({ blocks }: BuiltSegment): Set<string> {
  const directory = blocks.filter(({ kind }) => kind === DIRECTORY);
  return new Set(directory.flatMap(({ body }) => versionsIn(body)));
}

function keyOf({ segment, kind, number }: WantedBlock): string {
  return `${segment}/${kind}/${number}`;
}
