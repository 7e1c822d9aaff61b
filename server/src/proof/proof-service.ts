import { setTimeout } from 'node:timers/promises';
import { base64, utf8 } from '@xray/proof';
import type { ExecutionProof, ProofState } from '@xray/core';
import { exportedLine } from '../records/seal-records.js';
import type { ExportedExecution } from '../store/execution-record.js';
import type { ExecutionStore } from '../store/execution-store.js';
import type { ProofStore, StoredLog } from '../store/proof-store.js';
import { LogReader } from './log-reader.js';
import type { ProofKey } from './proof-key.js';
import { exportedSeal, withSealedText, type SealedLine } from './sealed-lines.js';

type ExportQuestion = Parameters<ExecutionStore['exportExecutions']>[0];

const LOOK_EVERY_MS = 100;
const SEALS_AT_ONCE = 200;

/** Answers questions about the logs of seals. Without a key this server seals nothing. */
export class ProofService {
  readonly #store: ProofStore;
  readonly #key: ProofKey | undefined;
  readonly #reader: LogReader;

  constructor(store: ProofStore, key: ProofKey | undefined) {
    this.#store = store;
    this.#key = key;
    this.#reader = new LogReader(store);
  }

  async readState(app: string): Promise<ProofState> {
    const log = await this.#store.readLog(app);
    const { executions, since, pending } = await this.#store.measureLag();
    return {
      state: this.#stateOf(log),
      origin: log?.origin ?? null,
      vkey: log && this.#key ? await this.#key.vkeyOf(log.origin) : null,
      size: log?.signedSize ?? 0,
      signedAt: log?.signedAt?.toISOString() ?? null,
      problem: log?.problem ?? null,
      waiting: { executions, since: since?.toISOString() ?? null, pending },
    };
  }

  #stateOf(log: StoredLog | undefined): ProofState['state'] {
    if (log?.problem !== undefined) return 'broken';
    if (this.#key === undefined) return 'off';
    return log === undefined || log.signedSize === 0 ? 'empty' : 'sealing';
  }

  /** Waits until all that is stored now is sealed and signed. Returns false when the time is up. */
  async waitUntilSealed(forMs: number, gone: AbortSignal): Promise<boolean> {
    const horizon = await this.#store.readHorizon();
    const end = performance.now() + forMs;
    while (!(await this.#store.isSealedUpTo(horizon))) {
      if (gone.aborted || performance.now() > end) return false;
      await setTimeout(LOOK_EVERY_MS, undefined, { ref: false });
    }
    return true;
  }

  async readCheckpoint(app: string): Promise<string | undefined> {
    return (await this.#store.readLog(app))?.note;
  }

  async readTile(app: string, path: string): Promise<Uint8Array | undefined> {
    const log = await this.#store.readLog(app);
    return log && (await this.#reader.readTile(log, path));
  }

  /** Pages of executions with their seals. The last pages hold those whose newest version was sealed meanwhile. */
  async *sealedPages(
    executions: ExecutionStore,
    question: ExportQuestion,
    options: { waitMs: number; gone: AbortSignal },
  ): AsyncGenerator<SealedLine[]> {
    // Without their bodies: after a first start of sealing, all may be here.
    const unsealed: ExportedExecution[] = [];
    let { after } = question;
    do {
      const { items, next } = await executions.exportExecutions({ ...question, after });
      const { sealed, others } = await this.#withSeals(question.app, items);
      unsealed.push(...others.map((execution) => ({ ...execution, body: '' })));
      yield sealed;
      after = next;
    } while (after !== undefined);
    if (unsealed.length === 0) return;
    await this.waitUntilSealed(options.waitMs, options.gone);
    for (let from = 0; from < unsealed.length; from += SEALS_AT_ONCE) {
      const page = unsealed.slice(from, from + SEALS_AT_ONCE);
      yield (await this.#withSeals(question.app, page)).sealed;
    }
  }

  async #withSeals(
    app: string,
    items: ExportedExecution[],
  ): Promise<{ sealed: SealedLine[]; others: ExportedExecution[] }> {
    const ids = items.map(({ executionId }) => executionId);
    const found = await this.#store.readSealed(app, ids);
    const byId = new Map(found.map((each) => [each.executionId, each]));
    const sealed: SealedLine[] = [];
    const others: ExportedExecution[] = [];
    for (const execution of items) {
      const seal = byId.get(execution.executionId);
      if (seal === undefined) others.push(execution);
      else sealed.push({ execution: withSealedText(execution, seal), seal: exportedSeal(seal) });
    }
    return { sealed, others };
  }

  async proveExecution(app: string, executionId: string): Promise<ExecutionProof> {
    const none = { leaf: null, origin: null, size: null, proof: null };
    const log = await this.#store.readLog(app);
    const [found] = log?.note === undefined ? [] : await this.#store.readSealed(app, [executionId]);
    if (log?.note === undefined || found === undefined || found.leaf >= log.signedSize) {
      return { state: this.#key === undefined ? 'off' : 'waiting', ...none };
    }
    const { leaf, body, receivedAt, conflict } = found;
    const seal = exportedSeal(found);
    const line = exportedLine(body, { receivedAt: receivedAt.toISOString(), conflict, seal });
    const { origin, signedSize: size } = log;
    const hashes = await this.#reader.prove(log, leaf);
    const proof = [
      'c2sp.org/tlog-proof@v1',
      `extra ${base64(utf8(line))}`,
      `index ${leaf}`,
      ...hashes.map(base64),
      '',
      log.note,
    ].join('\n');
    return { state: 'sealed', leaf, origin, size, proof };
  }
}
