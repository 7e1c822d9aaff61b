import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { sql, type RawBuilder } from 'kysely';
import { pino } from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  fromBase64,
  hashLeaves,
  isIncluded,
  packEntries,
  parseCheckpoint,
  parseNote,
  utf8,
  verifyExport,
  type Kept,
  type Report,
} from '@xray/proof';
import { main as verify, nodeHashes } from '@xray/proof/node';
import type { ExecutionProof, ProofState } from '@xray/core';
import { ConfigError, loadConfig } from '#server/config.js';
import { LogReader } from '#server/proof/log-reader.js';
import { ProofKey } from '#server/proof/proof-key.js';
import { ProofService } from '#server/proof/proof-service.js';
import { Sealer } from '#server/proof/sealer.js';
import type { ErasureScope } from '#server/store/execution-store.js';
import { TaskThreads } from '#server/threads/task-threads.js';
import { exportLine } from '#server/upkeep/export.js';
import {
  APP,
  changed,
  DRIVERS,
  driverInCi,
  engineOf,
  freshAppStore,
  freshServer,
  scopeOf,
  whenCommitted,
  type Store,
} from './support/databases.js';
import { fetchWithKey, get, postOk } from './support/http.js';
import { callCli } from './support/process.js';
import { recordOf, snapshot } from './support/snapshots.js';

const DAY_MS = 86_400_000;
const never = new AbortController().signal;

function newKey(): string {
  const { privateKey } = generateKeyPairSync('ed25519');
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** A store with a sealer, and an auditor who keeps what the last check said. */
class House {
  readonly key = new ProofKey(newKey());
  readonly #threads = new TaskThreads(1);
  readonly #service: ProofService;
  readonly sealer: Sealer;
  now = Date.now();
  kept: Kept | undefined;

  constructor(readonly store: Store) {
    this.sealer = this.newSealer();
    this.#service = new ProofService(store.proof, this.key);
    onTestFinished(() => this.#threads.close());
  }

  newSealer(): Sealer {
    return new Sealer({
      store: this.store.proof,
      key: this.key,
      threads: this.#threads,
      host: 'xray.test',
      limits: { executions: 3, bytes: 1_000_000 },
      logger: pino({ level: 'silent' }),
      now: () => this.now,
    });
  }

  async save(...ids: string[]): Promise<void> {
    await this.saveAs({}, ...ids);
  }

  async saveAs(changes: Parameters<typeof snapshot>[0], ...ids: string[]): Promise<void> {
    await this.store.saveExecutions(
      ids.map((executionId) => recordOf(snapshot({ ...changes, executionId }), new Date(this.now))),
    );
  }

  async seal(): Promise<void> {
    await whenCommitted(this.store);
    while (!(await this.sealer.step())) continue;
  }

  async erase(what: ErasureScope['what']): Promise<void> {
    const scope = { app: APP, environment: undefined, what };
    const isNamed = what.kind === 'subject' || what.kind === 'execution';
    const named = isNamed && { reason: 'asked', askedBy: 'test', receipt: undefined };
    await this.store.eraseBatch(scope, undefined, { wait: true, ...(named && { named }) });
  }

  async run(statement: RawBuilder<unknown>): Promise<void> {
    await statement.execute(engineOf(this.store).db);
  }

  /** Exports everything as it is now, and checks it as an auditor would. */
  async audit(): Promise<Report> {
    const log = await this.store.proof.readLog(APP);
    if (log?.note === undefined) throw new Error('nothing is signed');
    const lines: string[] = [];
    const question = { ...scopeOf('', this.now), sort: 'at', after: undefined } as const;
    const pages = this.#service.sealedPages(this.store, question, { waitMs: 0, gone: never });
    for await (const page of pages) {
      lines.push(...page.map(({ execution, seal }) => exportLine(execution, this.now, seal)));
    }
    const entries = await new LogReader(this.store.proof).readEntries(log, 0, log.signedSize);
    const { report, keep } = await verifyExport(
      nodeHashes,
      {
        checkpoint: log.note,
        entries: once(packEntries(entries)),
        records: once(utf8(lines.join(''))),
        about: { whole: true, upTo: log.signedSize },
        anchors: [],
      },
      {
        vkey: await this.key.vkeyOf(log.origin),
        now: this.now,
        ...(this.kept && { kept: this.kept }),
      },
    );
    this.kept = keep ?? this.kept;
    return report;
  }

  async found(): Promise<string[]> {
    const { findings } = await this.audit();
    return findings.map(({ problem, leaf }) => `${problem}@${leaf}`);
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

describe.each(DRIVERS)('the log of seals, on %s', (driver) => {
  test('is sound over versions, erasures and retention, and names the fate of each', async () => {
    const house = new House(await freshAppStore(driver));
    const rule = { environment: null, pipeline: null, days: 30, legalHold: false };
    await changed(house.store, (edits) => edits.replaceRetention(APP, [rule]));
    await house.save('old-1', 'old-2');
    await house.seal();
    expect((await house.audit()).findings).toEqual([]);
    house.now += 31 * DAY_MS;
    await house.saveAs({ status: 'running' }, 'runs');
    await house.save('a', 'b');
    await house.saveAs({ subjects: [{ type: 'applicant', id: '8123' }] }, 'of-8123', 'also-8123');
    await house.seal();
    await house.saveAs({ revision: 2 }, 'runs');
    await house.saveAs({ revision: 2, output: 'reviewed' }, 'b');
    await house.erase({ kind: 'expired', now: new Date(house.now) });
    await changed(house.store, (edits) => edits.replaceRetention(APP, [{ ...rule, days: 7 }]));
    await house.erase({ kind: 'subject', type: 'applicant', id: '8123' });
    await house.erase({ kind: 'execution', executionId: 'a' });
    await house.seal();

    const report = await house.audit();

    expect(report.findings).toEqual([]);
    expect(report.level).toBe('compared');
    expect(report.fates).toMatchObject({
      intact: 2,
      superseded: 1,
      replaced_after_final: 1,
      erased: 5,
      withheld: 0,
    });
    expect(report.erasures.map(({ why, leaves }) => [why, leaves]).toSorted()).toEqual([
      ['execution', 1],
      ['retention', 2],
      ['subject', 2],
    ]);
  });

  test('shows what somebody with the database did', async () => {
    const house = new House(await freshAppStore(driver));
    await house.save('a', 'b', 'c', 'd');
    await house.seal();
    expect(await house.found()).toEqual([]);
    const { db } = engineOf(house.store);
    const { rows } = await sql<{ id: string; leaf: number }>`
      SELECT e.execution_id AS id, s.leaf FROM xray.executions e
      JOIN xray.proof_seals s ON s.execution = e.id`.execute(db);
    const leafOf = new Map(rows.map(({ id, leaf }) => [id, leaf]));
    const idOf = (id: string) => sql`(SELECT id FROM xray.executions WHERE execution_id = ${id})`;

    await house.run(
      sql`UPDATE xray.bodies SET body = replace(body, 'tier A', 'tier B') WHERE execution = ${idOf('a')}`,
    );
    expect(await house.found()).toEqual([`altered@${leafOf.get('a')}`]);
    await house.run(sql`DELETE FROM xray.executions WHERE execution_id = 'b'`);
    expect((await house.found()).toSorted()).toEqual([
      `altered@${leafOf.get('a')}`,
      `missing@${leafOf.get('b')}`,
    ]);
    for (const change of [
      sql`UPDATE xray.proof_entries SET entries = ''`,
      sql`DELETE FROM xray.proof_entries`,
      sql`TRUNCATE xray.proof_entries`,
    ]) {
      await expect(house.run(change)).rejects.toThrow('append-only');
    }
  });
});

describe.each(driverInCi('postgres'))('a log of seals, on %s', (driver) => {
  test('leaves nothing of an erased record', async () => {
    const house = new House(await freshAppStore(driver));
    await house.saveAs({ input: { name: 'canary-of-8123' } }, 'canary-id');
    await house.save('b');
    await house.seal();
    const kept = await sql<{ key: Uint8Array }>`SELECT key FROM xray.proof_seals`.execute(
      engineOf(house.store).db,
    );
    await house.erase({ kind: 'execution', executionId: 'canary-id' });
    await house.seal();
    for (const table of ['state', 'logs', 'entries', 'tiles', 'seals', 'pending']) {
      const { rows } = await sql<{ text: string }>`
        SELECT t::text AS text FROM ${sql.table(`xray.proof_${table}`)} AS t`.execute(
        engineOf(house.store).db,
      );
      const all = rows.map(({ text }) => text).join('\n');
      expect(all).not.toContain('canary');
      const canary = Buffer.from('canary').toString('hex');
      expect(all).not.toContain(canary);
    }
    const left = await sql<{ key: Uint8Array }>`SELECT key FROM xray.proof_seals`.execute(
      engineOf(house.store).db,
    );
    expect([kept.rows.length, left.rows.length]).toEqual([2, 1]);
    expect(await house.found()).toEqual([]);
  });

  test('grows once with two sealers, and goes on where a killed one stopped', async () => {
    const house = new House(await freshAppStore(driver));
    const ids = Array.from({ length: 20 }, (_, i) => `id-${i}`);
    const [one, two] = [house.sealer, house.newSealer()];
    for (const id of ids) {
      await house.save(id);
      await Promise.all([one.step(), two.step()]);
    }
    // One of them leads, and the other has nothing to do.
    const both = async (): Promise<void> => {
      await whenCommitted(house.store);
      while (!(await one.step()) || !(await two.step())) continue;
    };
    await both();
    const { fates, findings } = await house.audit();
    expect([findings, fates.intact]).toEqual([[], 20]);

    // A batch was written, and its sealer was killed before it signed.
    await house.save('last');
    await both();
    await house.run(sql`UPDATE xray.proof_logs SET signed_size = 2, signed_at = NULL,
      signed_frontier = ${await frontierAt(house, 2)}::bytea`);
    await Promise.all([one.resign(), two.resign()]);
    expect(await house.newSealer().step()).toBe(true);
    expect((await house.audit()).fates.intact).toBe(21);
  });

  test('seals a version once, however often its row is written again', async () => {
    const house = new House(await freshAppStore(driver));
    await house.save('a', 'b');
    await house.seal();
    const before = await house.store.proof.readLog(APP);
    await house.run(sql`UPDATE xray.executions SET xact = pg_current_xact_id()`);
    await house.seal();
    expect((await house.store.proof.readLog(APP))?.size).toBe(before?.size);
    expect((await house.audit()).fates.intact).toBe(2);
  });

  test('signs nothing when its entries were changed on the disk', async () => {
    const house = new House(await freshAppStore(driver));
    await house.save('a');
    await house.seal();
    const before = await house.store.proof.readLog(APP);
    await house.run(sql`ALTER TABLE xray.proof_entries DISABLE TRIGGER USER`);
    await house.run(sql`UPDATE xray.proof_logs SET signed_size = 0, signed_frontier = ''`);
    await house.run(
      sql`UPDATE xray.proof_entries SET entries = set_byte(entries, 100, 255 - get_byte(entries, 100))`,
    );
    await house.save('b');
    await house.seal();
    const after = await house.store.proof.readLog(APP);
    expect(after?.note).toBe(before?.note);
    expect(after?.problem).toContain('are not those that were written');
  });
});

async function frontierAt(house: House, size: number): Promise<Buffer> {
  const log = await house.store.proof.readLog(APP);
  if (log === undefined) throw new Error('no log');
  const entries = await new LogReader(house.store.proof).readEntries(log, 0, size);
  const { Frontier } = await import('@xray/proof');
  const tree = new Frontier();
  await tree.append(nodeHashes, await hashLeaves(nodeHashes, entries));
  return Buffer.concat([...tree.roots]);
}

describe('a server that seals', () => {
  test('proves an execution, serves its log, and exports a folder that verifies', async () => {
    const server = await freshServer('pglite', { XRAY_PROOF: 'on' });
    const folder = mkdtempSync(path.join(os.tmpdir(), 'x-ray-proof-'));
    onTestFinished(async () => {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    });
    const api = `${server.url}/api/apps/${APP}`;
    expect((await get<ProofState>(`${api}/proof`)).state).toBe('empty');
    const sent = Array.from({ length: 300 }, (_, i) =>
      snapshot({ executionId: `id-${i}`, tags: [i === 7 ? 'chosen' : 'other'] }),
    );
    await postOk(server.url, sent);

    const state = await get<ProofState>(`${api}/proof?wait=true`);
    expect(state).toMatchObject({ state: 'sealing', size: 303, waiting: { executions: 0 } });
    const note = await (await fetchWithKey(`${api}/proof/log/checkpoint`)).text();
    const { size, root } = parseCheckpoint(parseNote(note).text);
    const proof = await get<ExecutionProof>(`${api}/executions/id-7/proof`);
    const [, extra = '', index = '', ...rest] = (proof.proof ?? '').split('\n');
    const hashes = rest
      .slice(0, rest.indexOf(''))
      .map((line) => fromBase64(line) ?? new Uint8Array());
    const line = Buffer.from(extra.slice('extra '.length), 'base64').toString();
    expect(line).toContain('"executionId":"id-7"');
    const tile = await fetchWithKey(`${api}/proof/log/tile/0/001.p/47`);
    const width = Buffer.from(await tile.arrayBuffer());
    expect(width.length).toBe(47 * 32);
    const leaf = Number(index.slice('index '.length));
    const first = await fetchWithKey(`${api}/proof/log/tile/0/000`);
    const level = Buffer.concat([Buffer.from(await first.arrayBuffer()), width]);
    const hash = level.subarray(leaf * 32, leaf * 32 + 32);
    expect(await isIncluded(nodeHashes, { hash, index: leaf }, { size, root }, hashes)).toBe(true);
    for (const wrong of ['0/001.p/48', '1/000.p/2', '0/002.p/1', '0/1', 'entries/..%2f0']) {
      expect((await fetchWithKey(`${api}/proof/log/tile/${wrong}`)).status).toBe(404);
    }

    const out = path.join(folder, 'export');
    const exported = await callCli(server.place, ['proof', 'export', '--app', APP, '--out', out]);
    expect(exported.stderr).toBe('');
    const key = state.vkey ?? '';
    const io = { stdout: { write: () => true }, stderr: { write: () => true } };
    expect(await verify(['verify', out, '--key', key], io)).toBe(0);
    expect(readFileSync(path.join(out, 'verify.html'), 'utf8')).toContain('Check an export');
    const lines = readFileSync(path.join(out, 'records.ndjson'), 'utf8').trim().split('\n');
    expect(lines).toHaveLength(300);
    const again = await callCli(server.place, ['proof', 'export', '--app', APP, '--out', out]);
    expect(again.stderr).toContain('is not empty');

    const part = path.join(folder, 'part');
    const filter = ['--query', 'tag:chosen'];
    await callCli(server.place, ['proof', 'export', '--app', APP, '--out', part, ...filter]);
    expect(await verify(['verify', part, '--key', key], io)).toBe(0);
    const status = await callCli(server.place, ['proof', 'status', '--app', APP]);
    expect(status.stdout).toContain('303 entries');
    expect(status.stdout).toContain(key);
  });

  test('says that it is off when nobody turned it on', async () => {
    const server = await freshServer('postgres');
    onTestFinished(() => server.close());
    const api = `${server.url}/api/apps/${APP}`;
    expect((await get<ProofState>(`${api}/proof`)).state).toBe('off');
    expect((await fetchWithKey(`${api}/proof?wait=true`)).status).toBe(409);
    expect((await fetchWithKey(`${api}/proof/log/checkpoint`)).status).toBe(404);
    expect((await fetchWithKey(`${api}/export?seals=true`)).status).toBe(409);
    expect((await fetchWithKey(`${api}/export?seals=true&format=csv`)).status).toBe(400);
  });

  test('needs a key of its own beside Postgres', () => {
    const env = {
      DATABASE_URL: 'postgres://localhost/x',
      XRAY_AUTH_SECRET: 'x'.repeat(32),
      XRAY_PROOF: 'on',
    };
    expect(() => loadConfig(env)).toThrow(ConfigError);
    expect(() => loadConfig(env)).toThrow('XRAY_PROOF_KEY');
    expect(loadConfig({ ...env, XRAY_PROOF_KEY: newKey() }).proof).toBeDefined();
    expect(() => new ProofKey('nonsense')).toThrow('XRAY_PROOF_KEY: must be an Ed25519');
  });
});
