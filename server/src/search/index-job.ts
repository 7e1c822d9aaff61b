import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Document, IndexState, SearchStore } from '../store/search-store.js';
import { SearchThread } from './search-thread.js';

/** The job that puts what was stored into the search index. */
export interface IndexJob {
  /** Lets the step under way finish and starts no other. */
  stop(): Promise<void>;
}

const EVERY_MS = 1_000;
/** An instance that has not worked for so long lets another one lead. */
const LEASE_MS = 30_000;
const BATCH = { executions: 2_000, bytes: 16 * 1024 * 1024 };
/** After a step it rests as long as that took: ingest keeps its share of the machine. */
const REST_RATIO = 1;

/** Runs until it is stopped, and never keeps the process alive. Of many instances one builds. */
export function startIndexJob({
  store,
  logger,
}: {
  store: { index: SearchStore };
  logger: Logger;
}): IndexJob {
  const stopping = new AbortController();
  const { signal } = stopping;
  const rest = async (ms: number): Promise<void> => {
    await setTimeout(ms, undefined, { ref: false, signal }).catch(() => {});
  };
  const thread = new SearchThread();
  const builder = new IndexBuilder(store.index, thread);
  const work = async (): Promise<void> => {
    while (!signal.aborted) {
      const startedAt = performance.now();
      const isDone = await builder.step().catch((error: unknown) => {
        logger.warn({ err: error }, 'the search index could not be built on; it is tried again');
        return true;
      });
      await rest(isDone ? EVERY_MS : (performance.now() - startedAt) * REST_RATIO);
    }
  };
  const done = work();
  return {
    async stop() {
      stopping.abort();
      await done;
      await thread.close();
    },
  };
}

class IndexBuilder {
  readonly #store: SearchStore;
  readonly #thread: SearchThread;
  readonly #instance = randomUUID();

  constructor(store: SearchStore, thread: SearchThread) {
    this.#store = store;
    this.#thread = thread;
  }

  /** Does the next piece of work; true when there was none, or another instance does it. */
  async step(): Promise<boolean> {
    if (!(await this.#store.leadIndexing(this.#instance, LEASE_MS))) return true;
    const state = await this.#store.readIndexState();
    const documents = await this.#store.readUnindexed(state.position, BATCH);
    if (documents.length === 0) return true;
    await this.#add(state, documents);
    return false;
  }

  async #add(state: IndexState, documents: Document[]): Promise<void> {
    const last = documents.at(-1);
    if (last === undefined) return;
    const segments = [];
    for (const app of new Set(documents.map((document) => document.app))) {
      const own = documents.filter((document) => document.app === app);
      segments.push({ app, ...(await this.#thread.run('build', own)) });
    }
    await this.#store.addSegments(state, { xact: last.xact, id: last.id }, segments);
  }
}
