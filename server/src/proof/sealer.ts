import { randomBytes, randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import {
  EntryReader,
  hashLeaves,
  KEY_BYTES,
  writeCheckpoint,
  writeLeafList,
  type Entry,
} from '@xray/proof';
import { nodeHashes } from '@xray/proof/node';
import { exportedText, type SealedVersion } from '../records/seal-records.js';
import type {
  NewSeal,
  Pending,
  ProofStore,
  SealingTransaction,
  StoredLog,
  Unsealed,
} from '../store/proof-store.js';
import type { TaskThreads } from '../threads/task-threads.js';
import { extend, frontierOf } from './log-writer.js';
import type { ProofKey } from './proof-key.js';

/** Another instance takes over if the leader does not renew for this long, in ms. */
const LEASE_MS = 30_000;
/** What one transaction seals. The embedded database has one connection, which all share. */
export const BATCHES = {
  postgres: { executions: 2_000, bytes: 16 * 1024 * 1024 },
  pglite: { executions: 500, bytes: 4 * 1024 * 1024 },
} as const;

interface Deps {
  store: ProofStore;
  key: ProofKey;
  threads: TaskThreads;
  /** The host in the names of new logs. */
  host: string;
  limits: { executions: number; bytes: number };
  logger: Logger;
  now: () => number;
}

/** A version with its keys and its commitment. */
interface Version extends SealedVersion {
  row: Unsealed;
  key: Uint8Array;
  nameKey: Uint8Array;
}

/** Appends what was stored, replaced and erased to the logs of seals, and signs them. */
export class Sealer {
  readonly #deps: Deps;
  readonly #instance = randomUUID();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Seals one batch. Returns true if nothing is left, or another instance does it. */
  async step(): Promise<boolean> {
    const { store, limits } = this.#deps;
    const from = await store.lead(this.#instance, LEASE_MS);
    if (from === undefined) return true;
    const found = await store.readUnsealed(from, limits);
    if (found.length === 0 && !(await store.hasPending())) {
      await this.#signAll();
      return true;
    }
    const versions = await this.#commit(found);
    const last = found.at(-1);
    const to = last ? { xact: last.xact, id: last.id } : from;
    const isDone = await store.append(this.#instance, from, to, (tx) => this.#write(tx, versions));
    if (isDone) await this.#signAll();
    return !isDone;
  }

  async resign(): Promise<void> {
    await this.#deps.store.resign(this.#instance);
  }

  async #commit(found: Unsealed[]): Promise<Version[]> {
    if (found.length === 0) return [];
    const random = randomBytes(KEY_BYTES * found.length);
    const keyed = found.map((row, i) => {
      const key = random.subarray(i * KEY_BYTES, (i + 1) * KEY_BYTES);
      return { row, key, nameKey: row.seal?.nameKey ?? key };
    });
    const sealed = await this.#deps.threads.run(
      'sealRecords',
      keyed.map(({ row, key, nameKey }) => ({
        app: row.app,
        executionId: row.executionId,
        receivedAt: row.receivedAt.toISOString(),
        text: exportedText(row.body),
        keys: { key, nameKey },
      })),
    );
    return keyed.flatMap((version, i) => {
      const commitment = sealed[i];
      return commitment ? [{ ...version, ...commitment }] : [];
    });
  }

  async #write(tx: SealingTransaction, versions: Version[]): Promise<void> {
    const stored = await tx.readStored(versions.map(({ row }) => row.id));
    // A row that changed meanwhile comes again, and one that was erased has no seal to break.
    const current = versions.filter(({ row }) => stored.get(row.id) === row.xact);
    const pending = await tx.takePending();
    const apps = new Set([...pending.map(({ app }) => app), ...current.map(({ row }) => row.app)]);
    for (const app of apps) {
      const told = pending.filter((item) => item.app === app).map(({ entry }) => entry);
      const ofApp = current.filter(({ row }) => row.app === app);
      await this.#extend(tx, app, told, ofApp);
    }
  }

  async #extend(
    tx: SealingTransaction,
    app: string,
    pending: Pending[],
    versions: Version[],
  ): Promise<void> {
    const at = new Date(this.#deps.now()).toISOString();
    const known = await tx.readLog(app);
    if (known === undefined && versions.length === 0) return;
    const log = known ?? (await tx.openLog(app, this.#newOrigin(app)));
    const opening: Entry[] = known
      ? []
      : [
          { type: 'log', app, origin: log.origin },
          { at, ...(await tx.readRules(app)) },
        ];
    const told = known ? pending.map((entry) => entryOf(entry, at)) : [];
    const isKept = ({ row, digest }: Version) => row.seal && isEqual(row.seal.digest, digest);
    const kept = versions.filter(isKept);
    const fresh = versions.filter((version) => !isKept(version));
    const entries = [...opening, ...told, ...batchOf(fresh, at)];
    const first = log.size + entries.length - fresh.length;
    const seals = [
      ...fresh.map(({ row, key, nameKey, digest }, i) => ({
        execution: row.id,
        xact: row.xact,
        leaf: first + i,
        key,
        nameKey,
        digest,
      })),
      ...kept.flatMap(({ row }): NewSeal[] =>
        row.seal ? [{ execution: row.id, xact: row.xact, ...row.seal }] : [],
      ),
    ];
    await tx.write({ ...(await extend(log, entries)), seals });
  }

  #newOrigin(app: string): string {
    return `${this.#deps.host}/${randomBytes(4).toString('hex')}/${app}`;
  }

  async #signAll(): Promise<void> {
    for (const log of await this.#deps.store.listUnsigned()) await this.#sign(log);
  }

  /**
   * Reads back what was written and signs only what these bytes hash to. So a bit that flipped between here and the
   * disk is found before auditors rely on it.
   */
  async #sign(log: StoredLog): Promise<void> {
    const { store, key, logger } = this.#deps;
    const tree = frontierOf(log.signedSize, log.signedFrontier);
    const reader = new EntryReader();
    for (const { leaf, entries } of await store.readEntries(log.id, log.signedSize, log.size)) {
      // The first row may begin before the signed size.
      const texts = reader.push(entries).slice(Math.max(0, log.signedSize - leaf));
      await tree.append(nodeHashes, await hashLeaves(nodeHashes, texts));
    }
    const root = await tree.root(nodeHashes);
    const expected = await frontierOf(log.size, log.frontier).root(nodeHashes);
    if (tree.size !== log.size || !isEqual(root, expected)) {
      const problem = `the entries from ${log.signedSize} to ${log.size} are not those that were written`;
      await store.markBroken(log.id, problem);
      logger.error(
        { app: log.app, problem },
        'a log of seals is broken; it is not signed any more',
      );
      return;
    }
    const text = writeCheckpoint({ origin: log.origin, size: log.size, root });
    await store.sign(log, await key.sign(log.origin, text));
  }
}

function batchOf(versions: Version[], at: string): Entry[] {
  if (versions.length === 0) return [];
  const oldest = Math.min(...versions.map(({ row }) => row.receivedAt.getTime()));
  return [
    { type: 'batch', at, records: versions.length, oldest: new Date(oldest).toISOString() },
    ...versions.map(({ row, name, content }): Entry => ({
      type: 'record',
      isFinal: row.isFinal,
      name,
      content,
    })),
  ];
}

function entryOf(pending: Pending, at: string): Entry {
  if (pending.type === 'rules') return { at, ...pending };
  return { at, ...pending, leaves: writeLeafList(pending.leaves) };
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
