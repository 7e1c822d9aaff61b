import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import {
  base64,
  commit,
  ED25519,
  Frontier,
  hashLeaves,
  keyIdOf,
  packEntries,
  utf8,
  writeCheckpoint,
  writeEntry,
  writeLeafList,
  writeNote,
  writeVerifierKey,
  type ControlEntry,
  type ErasureCause,
  type ExportFiles,
  type RetentionRule,
  type SealKeys,
  type VerifierKey,
} from '../../src/index.js';
import { nodeHashes } from '../../src/node/index.js';

export interface Stored {
  executionId: string;
  text: string;
  receivedAt: string;
  isFinal: boolean;
  keys: SealKeys;
  leaf: number;
}

/** Keeps a log in memory as the server keeps it in tables, and exports it. */
export class LogMaker {
  readonly stored = new Map<string, Stored>();
  readonly entries: Uint8Array[] = [];
  now = Date.parse('2026-11-01T00:00:00.000Z');
  #privateKey: KeyObject;

  private constructor(
    readonly app: string,
    readonly key: VerifierKey,
    privateKey: KeyObject,
  ) {
    this.#privateKey = privateKey;
    this.control({ type: 'log', app, origin: key.name });
  }

  static async open(app = 'loans', origin = `xray.test/0badcafe/${app}`): Promise<LogMaker> {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const { x = '' } = publicKey.export({ format: 'jwk' });
    const key = { name: origin, type: ED25519, publicKey: Buffer.from(x, 'base64url') };
    return new LogMaker(app, { ...key, keyId: await keyIdOf(nodeHashes, key) }, privateKey);
  }

  get vkey(): string {
    return writeVerifierKey(this.key);
  }

  get at(): string {
    return new Date(this.now).toISOString();
  }

  control(entry: ControlEntry): number {
    return this.entries.push(writeEntry(entry)) - 1;
  }

  /** Stores and seals versions of executions: a new id, or a later version of a known one. */
  async seal(versions: { id: string; status?: string; note?: unknown; receivedAt?: string }[]) {
    const records = versions.map(({ id, status = 'completed', note, receivedAt = this.at }) => {
      const key = randomBytes(32);
      const text = JSON.stringify({ appId: this.app, executionId: id, status, note });
      const nameKey = this.stored.get(id)?.keys.nameKey ?? key;
      return {
        executionId: id,
        text,
        receivedAt,
        isFinal: status !== 'running',
        keys: { key, nameKey },
      };
    });
    const oldest = records.map(({ receivedAt }) => receivedAt).toSorted()[0] ?? this.at;
    this.control({ type: 'batch', at: this.at, records: records.length, oldest });
    const commitments = await commit(
      nodeHashes,
      records.map(({ keys, ...record }) => ({ record: { app: this.app, ...record }, keys })),
    );
    for (const [i, record] of records.entries()) {
      const commitment = commitments[i];
      if (!commitment) throw new Error('a commitment is missing');
      const { isFinal } = record;
      const leaf = this.entries.push(writeEntry({ type: 'record', isFinal, ...commitment })) - 1;
      this.stored.set(record.executionId, { ...record, leaf });
    }
  }

  erase(ids: string[], why: ErasureCause, rule?: RetentionRule): void {
    const leaves = writeLeafList(ids.map((id) => this.of(id).leaf));
    this.control({ type: 'erased', at: this.at, why, leaves, ...(rule && { rule }) });
    for (const id of ids) this.stored.delete(id);
  }

  rules(retention: RetentionRule[], holds: { environment?: string }[] = []): void {
    this.control({ type: 'rules', at: this.at, retention, holds });
  }

  of(id: string): Stored {
    const stored = this.stored.get(id);
    if (!stored) throw new Error(`${id} is not stored`);
    return stored;
  }

  async sign(size = this.entries.length): Promise<string> {
    const tree = new Frontier();
    await tree.append(nodeHashes, await hashLeaves(nodeHashes, this.entries.slice(0, size)));
    const root = await tree.root(nodeHashes);
    const text = writeCheckpoint({ origin: this.key.name, size, root });
    const signature = sign(null, Buffer.from(text), this.#privateKey);
    return writeNote({
      text,
      signatures: [{ name: this.key.name, keyId: this.key.keyId, signature }],
    });
  }

  lines(keep: (stored: Stored) => boolean = () => true): string[] {
    return [...this.stored.values()].filter(keep).map(exportLine);
  }

  async export(changes: Partial<Folder> = {}): Promise<Folder> {
    return {
      checkpoint: await this.sign(),
      entries: [...this.entries],
      lines: this.lines(),
      about: { whole: true, upTo: this.entries.length },
      anchors: [],
      ...changes,
    };
  }
}

/** An export whose files can still be changed. */
export interface Folder {
  checkpoint: string;
  entries: Uint8Array[];
  lines: string[];
  about: ExportFiles['about'];
  anchors: ExportFiles['anchors'];
}

export function exportLine({ text, receivedAt, keys, leaf }: Stored): string {
  const name = keys.nameKey === keys.key ? {} : { name: base64(keys.nameKey) };
  const server = { receivedAt, conflict: false, seal: { leaf, key: base64(keys.key), ...name } };
  return `{"snapshot":${text},"server":${JSON.stringify(server)}}`;
}

export function filesOf(folder: Folder): ExportFiles {
  const { checkpoint, about, anchors } = folder;
  return {
    checkpoint,
    about,
    anchors,
    entries: pieces(packEntries(folder.entries)),
    records: pieces(utf8(folder.lines.map((line) => `${line}\n`).join(''))),
  };
}

/** Cuts bytes at places that fit no line and no entry. */
async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 997) yield bytes.subarray(at, at + 997);
}
