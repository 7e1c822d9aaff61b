import { randomUUID } from 'node:crypto';
import { checkOf, readDirectoryBlock, versionOf, versionsIn } from '../../segments/directory.js';
import { rangeBits } from '../../segments/merge.js';
import { CANDIDATES, DIRECTORY, TERMS } from '../../segments/segment.js';
import type { IndexState, Outdated, SearchStore, StoredSegment } from './search-store.js';
import { groupBy } from '../../group-by.js';
import type { TaskThreads } from '../../threads/task-threads.js';
import { deadAmong } from './dead.js';

/** An instance that did no work for this long loses the lead. */
const LEASE_MS = 30_000;
const BATCH = { executions: 2_000, bytes: 16 * 1024 * 1024 };
/** The size of the blocks that a merge keeps in memory at a time. */
const MERGE_BYTES = 4 * 1024 * 1024;
/** The leader renews its lease when this much of it is left. */
const RENEW_MS = 20_000;
/** How often a segment is checked for deleted executions. */
const SWEEP_EVERY_MS = 60 * 60_000;
/** How often the builder checks whether a segment is due. */
const LOOK_EVERY_MS = 60_000;
/** How often outdated versions that are in no segment are forgotten, and how many at a time. */
const FORGET_EVERY_MS = 10 * 60_000;
const FORGOTTEN_AT_ONCE = 2_000;
/** A segment is rewritten if this share of it is dead. After a day, any dead entry is enough. */
const DEAD_SHARE = 1 / 8;
const DEAD_FOR_MS = 24 * 60 * 60_000;

/** Builds the search index, piece by piece. One instance leads; the others do nothing. */
export class IndexBuilder {
  readonly #store: SearchStore;
  readonly #threads: TaskThreads;
  readonly #now: () => number;
  /** Waits between two pieces of a long merge. */
  readonly #rest: (ms: number) => Promise<void>;
  readonly #signal: AbortSignal;
  readonly #instance = randomUUID();
  readonly #sweptAt = new Map<number, number>();
  #leadsUntil = 0;
  #mayMerge = true;
  #lookedAt = 0;
  #forgotAt = 0;
  /** The last outdated version that the current round has checked. */
  #forgotUpTo: Outdated | undefined;

  constructor(deps: {
    store: SearchStore;
    /** There is exactly one thread, because it keeps the state of a merge between pieces. */
    threads: TaskThreads;
    now: () => number;
    rest: (ms: number) => Promise<void>;
    /** When this is aborted, the current merge is given up. */
    signal: AbortSignal;
  }) {
    this.#store = deps.store;
    this.#threads = deps.threads;
    this.#now = deps.now;
    this.#rest = deps.rest;
    this.#signal = deps.signal;
  }

  /** Does the next piece of work. False if there was none, or another instance leads. */
  async step(): Promise<boolean> {
    if (!(await this.#lead())) return true;
    const hasMerged = this.#mayMerge && (await this.#mergeNext());
    const hasAdded = await this.#addNext();
    this.#mayMerge = hasMerged || hasAdded;
    return !this.#mayMerge && !(await this.#sweepNext()) && !(await this.#forgetNext());
  }

  /** Lets another instance lead immediately. */
  async resign(): Promise<void> {
    if (this.#leadsUntil > 0) await this.#store.leadIndexing(this.#instance, 0);
  }

  async #lead(): Promise<boolean> {
    const now = this.#now();
    if (this.#leadsUntil - now > RENEW_MS) return true;
    const isNew = this.#leadsUntil < now;
    const leads = await this.#store.leadIndexing(this.#instance, LEASE_MS);
    this.#leadsUntil = leads ? now + LEASE_MS : 0;
    if (leads && isNew) {
      await this.#store.adoptRows();
      await this.#store.removeRemains();
      this.#mayMerge = true;
    }
    return leads;
  }

  async #addNext(): Promise<boolean> {
    const state = await this.#store.readIndexState();
    const documents = await this.#store.readUnindexed(state.position, BATCH);
    const last = documents.at(-1);
    if (last === undefined) return false;
    const segments = [];
    for (const [app, appDocuments] of groupBy(documents, ({ app }) => app)) {
      const executions = appDocuments.map(({ id }) => id);
      segments.push({ app, executions, ...(await this.#threads.run('build', appDocuments)) });
    }
    await this.#store.addSegments(state, { xact: last.xact, id: last.id }, segments);
    return true;
  }

  async #mergeNext(): Promise<boolean> {
    const state = await this.#store.readIndexState();
    const segments = await this.#store.findMergeable();
    if (segments.length === 0) return false;
    await this.#merge(state, segments);
    return true;
  }

  /** Checks the next segment that is due. False if none was due. */
  async #sweepNext(): Promise<boolean> {
    const now = this.#now();
    if (now - this.#lookedAt < LOOK_EVERY_MS) return false;
    const state = await this.#store.readIndexState();
    const segments = await this.#store.listForSweep();
    const due = segments.find(
      ({ id, madeAt }) => now - (this.#sweptAt.get(id) ?? madeAt) > SWEEP_EVERY_MS,
    );
    const ids = new Set(segments.map(({ id }) => id));
    for (const id of this.#sweptAt.keys()) if (!ids.has(id)) this.#sweptAt.delete(id);
    if (due === undefined) {
      this.#lookedAt = now;
      return false;
    }
    this.#sweptAt.set(due.id, now);
    const { dead } = await this.#livingOf(due);
    const isOld = now - due.madeAt > DEAD_FOR_MS;
    if (dead.length > due.head.executions * DEAD_SHARE || (dead.length > 0 && isOld)) {
      await this.#merge(state, [due]);
    }
    return true;
  }

  /** Forgets the next outdated versions that are in no segment. True if there may be more. */
  async #forgetNext(): Promise<boolean> {
    const now = this.#now();
    if (this.#forgotUpTo === undefined && now - this.#forgotAt < FORGET_EVERY_MS) return false;
    this.#forgotAt = now;
    const next = await this.#store.listOutdated(this.#forgotUpTo, FORGOTTEN_AT_ONCE);
    this.#forgotUpTo = next.length < FORGOTTEN_AT_ONCE ? undefined : next.at(-1);
    const needless: Outdated[] = [];
    for (const [app, appVersions] of groupBy(next, (outdated) => outdated.app)) {
      const indexed = await this.#indexedNear(app, appVersions);
      needless.push(
        ...appVersions.filter(
          ({ id, xact }) => !indexed.has(versionOf({ id, check: checkOf(xact) })),
        ),
      );
    }
    await this.#store.forgetOutdated(needless);
    return this.#forgotUpTo !== undefined;
  }

  /**
   * The versions in segments within the time range of `outdated`, which is in the order of time.
   */
  async #indexedNear(app: string, outdated: Outdated[]): Promise<Set<string>> {
    const from = outdated[0]?.at ?? Infinity;
    const to = (outdated.at(-1)?.at ?? -Infinity) + 1;
    const { segments } = await this.#store.listSegments({ app, from, to });
    const indexed = new Set<string>();
    for (const { id: segment, head } of segments) {
      // The previous block may end with the same time.
      const first = head.starts.findLastIndex((start) => start < from);
      const behind = head.starts.findIndex((start) => start >= to);
      const range = {
        segment,
        from: Math.max(0, first),
        to: behind < 0 ? head.starts.length : behind,
      };
      const [directory = []] = await this.#store.readBlockRanges(DIRECTORY, [range]);
      for (const version of directory.flatMap(versionsIn)) indexed.add(version);
    }
    return indexed;
  }

  /** The directory of a segment, and its places whose execution has changed or is deleted. */
  async #livingOf({
    id,
    app,
    head,
  }: StoredSegment): Promise<{ directory: Uint8Array[]; dead: number[] }> {
    const blocks = { segment: id, from: 0, to: head.starts.length };
    const [directory = []] = await this.#store.readBlockRanges(DIRECTORY, [blocks]);
    const range = { app, from: head.fromAt, to: head.toAt + 1 };
    const versions = readDirectoryBlock(Buffer.concat(directory));
    return { directory, dead: [...(await deadAmong(this.#store, range, [id], versions))] };
  }

  async #merge(state: IndexState, segments: StoredSegment[]): Promise<void> {
    const heads = segments.map(({ head }) => head);
    const inputs = [];
    for (const segment of segments) {
      inputs.push({ head: segment.head, ...(await this.#livingOf(segment)) });
    }
    const id = await this.#store.nextSegmentId();
    await this.#store.writeBlocks(id, await this.#threads.run('mergeStart', inputs));
    for (const kind of [TERMS, CANDIDATES] as const) {
      const name = kind === TERMS ? 'terms' : 'candidates';
      const bits = rangeBits(heads, name);
      const bytes = heads.reduce((sum, head) => sum + head.bytes[name], 0);
      const pieces = Math.min(
        2 ** bits,
        2 ** Math.ceil(Math.log2(Math.max(1, bytes / MERGE_BYTES))),
      );
      for (let piece = 0; piece < pieces; piece++) {
        const startedAt = performance.now();
        const ranges = segments.map(({ id: segment, head }) => {
          const blocks = 2 ** head.bits[name] / pieces;
          return { segment, from: piece * blocks, to: (piece + 1) * blocks };
        });
        const blocks = await this.#store.readBlockRanges(kind, ranges);
        await this.#store.writeBlocks(id, await this.#threads.run('mergeRange', { kind, blocks }));
        await this.#rest(performance.now() - startedAt);
        if (this.#signal.aborted || !(await this.#lead())) return;
      }
    }
    const head = await this.#threads.run('mergeEnd');
    await this.#store.replaceSegments(segments, { id, head }, state);
  }
}
