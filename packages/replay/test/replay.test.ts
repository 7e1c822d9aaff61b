import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import {
  creditFileOf,
  nextApplication,
  type Application,
} from '@xray/examples/loan-approval/applicants';
import { decideLoan, RULESET } from '@xray/examples/loan-approval/decide-loan';
import { seededRandom } from '@xray/examples/random';
import { XRaySDK, type Snapshot } from '@xray/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { main } from '../src/main.js';
import type { Report } from '../src/report.js';

const CONFIG = fileURLToPath(new URL('programs/loans.mjs', import.meta.url));
const LOANS = 300;

let directory: string;
let server: Server;
let endpoint: string;
const received: Snapshot[] = [];
/** The question of the last export. */
let asked: URL | undefined;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'xray-replay-'));
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://localhost');
      if (request.method === 'GET') {
        asked = url;
        if (request.headers['x-api-key'] !== 'xr_test') {
          response.writeHead(401, { 'content-type': 'application/json' });
          response.end('{"error":{"code":"unauthorized","message":"The key is not known."}}');
          return;
        }
        response.end(received.map((snapshot) => `${exportLine(snapshot)}\n`).join(''));
        return;
      }
      const body = Buffer.concat(chunks);
      const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
      const lines = text.toString().trim().split('\n');
      received.push(...lines.map((line) => JSON.parse(line) as Snapshot));
      response.writeHead(202, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({ accepted: lines.length, duplicates: 0, superseded: 0, rejected: [] }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  endpoint = `http://127.0.0.1:${String(address.port)}`;
  await recordLoans();
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(directory, { recursive: true });
});

/** One line of an export, as the server sends it. */
function exportLine(snapshot: Snapshot): string {
  return JSON.stringify({ snapshot, server: {} });
}

/** The services of one application: the same each time. */
function servicesOf(application: Application) {
  const random = seededRandom(Number(application.applicantId));
  const verified = !random.chance(0.04);
  const file = creditFileOf(application, random);
  return {
    verifyIdentity: () => Promise.resolve({ verified, method: 'eID' }),
    creditFile: () => Promise.resolve(file),
  };
}

const applications: Application[] = [];

async function recordLoans(): Promise<void> {
  const xray = new XRaySDK({
    apiKey: 'xr_test',
    appId: 'my-loan-app',
    pipeline: 'loan-approval',
    endpoint,
    delivery: { maxQueued: LOANS },
  });
  const random = seededRandom(7);
  for (let number = 0; number < LOANS; number += 1) {
    const application = nextApplication(random, number);
    applications.push(application);
    await decideLoan(xray, application, servicesOf(application));
  }
  expect(await xray.shutdown()).toBe(true);
  expect(received).toHaveLength(LOANS);
}

/** The outcomes of changed rules on the same applications, without any replay. */
async function bruteForce(changes: object): Promise<Map<string, string>> {
  const xray = new XRaySDK({ apiKey: '', appId: '', pipeline: '' });
  const outcomes = new Map<string, string>();
  for (const application of applications) {
    const answer = await decideLoan(xray, application, servicesOf(application), {
      ...RULESET,
      ...changes,
    });
    outcomes.set(application.applicantId, answer.outcome);
  }
  return outcomes;
}

async function command(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const code = await main(args, {
    stdout: { write: (text: string) => (out += text) },
    stderr: { write: (text: string) => (err += text) },
    env: { XRAY_ENDPOINT: endpoint, XRAY_API_KEY: 'xr_test' },
  });
  return { code, out, err };
}

const file = (name: string): string => join(directory, name);

async function pulled(...args: string[]): Promise<string> {
  const out = file('loans.ndjson.gz');
  const { code, err } = await command('pull', '--app', 'my-loan-app', '-o', out, ...args);
  expect({ code, err }).toMatchObject({ code: 0 });
  return out;
}

async function run(rules: object, ...args: string[]): Promise<{ code: number; report: Report }> {
  process.env['TEST_RULES'] = JSON.stringify(rules);
  const records = file('loans.ndjson.gz');
  const { code, out } = await command('run', records, '--config', CONFIG, '--json', '-', ...args);
  return { code, report: JSON.parse(out) as Report };
}

describe('pull', () => {
  test('downloads what a filter finds into a file of its owner', async () => {
    const out = await pulled('-q', 'pipeline:loan-approval');
    expect(asked?.pathname).toBe('/api/apps/my-loan-app/export');
    expect(asked?.searchParams.get('q')).toBe('pipeline:loan-approval');
    expect((await stat(out)).mode & 0o777).toBe(0o600);
    const lines = gunzipSync(await readFile(out))
      .toString()
      .trim()
      .split('\n');
    expect(lines).toHaveLength(LOANS);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ weight: 1 });
    // The text of each record is kept, so that no number loses digits.
    const sent = received.map((snapshot) => `{"weight":1,${exportLine(snapshot).slice(1)}`);
    expect(lines.toSorted()).toEqual(sent.toSorted());
  });

  test('draws some of each stratum, with weights that add up to the population', async () => {
    const out = file('some.ndjson');
    const args = ['pull', '--app', 'my-loan-app', '--max', '80', '--spread', 'outcome', '-o'];
    const { code, err } = await command(...args, out);
    expect(code).toBe(0);
    expect(err).toContain('Drew 80 of 300 executions over 3 strata');
    const records = (await readFile(out, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { weight: number; snapshot: Snapshot });
    expect(records.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(LOANS);
    for (const outcome of ['approved', 'declined', 'referred']) {
      const drawn = records.filter(({ snapshot }) => snapshot.decision?.outcome === outcome);
      expect(drawn.length).toBeGreaterThanOrEqual(20);
      const all = received.filter(({ decision }) => decision?.outcome === outcome).length;
      expect(drawn.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(all);
    }
    // The same executions give the same draw.
    await command(...args, file('again.ndjson'));
    expect(await readFile(file('again.ndjson'), 'utf8')).toBe(await readFile(out, 'utf8'));
  });

  test('says what the server refused, and what is missing', async () => {
    const refused = await command('pull', '--app', 'a', '-o', file('x'), '--api-key', 'wrong');
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.err).toContain('answered 401: The key is not known.');
    const away = ['--endpoint', 'http://127.0.0.1:1'];
    expect((await command('pull', '--app', 'a', '-o', file('x'), ...away)).err).toContain(
      'does not answer',
    );
    expect(await command('pull', '--app', 'a')).toMatchObject({ code: 2 });
    expect(await command('pull', '--app', 'a', '-o', 'x', '--spread', 'age')).toMatchObject({
      code: 2,
    });
  });
});

describe('run', () => {
  test('of unchanged code reproduces every record', async () => {
    await pulled();
    const { code, report } = await run({});
    expect(report.counts).toEqual({
      same: LOANS,
      moved: 0,
      flipped: 0,
      undecided: 0,
      not_replayable: 0,
    });
    expect(code).toBe(0);
    expect(report.reads).toEqual({ clock: 0, chance: 0, network: 0 });
    await writeFile(file('base.json'), JSON.stringify(report));
  });

  test.each([
    ['min_score', { minScore: 660 }],
    ['min_score', { minScore: 600 }],
    ['max_debt_to_income', { maxDebtToIncome: 0.38 }],
    ['min_income', { minMonthlyIncome: 1_800 }],
  ])('finds exactly the flips that brute force finds, and blames %s: %o', async (rule, changes) => {
    const truth = await bruteForce(changes);
    const { code, report } = await run(changes, '--control', file('base.json'), '--expect-change');
    const idOf = new Map(received.map((each) => [each.executionId, each.subjects?.[0]?.id ?? '']));
    const found = report.results.filter(({ verdict }) => verdict === 'flipped');
    const flips = received.filter(
      ({ subjects, decision }) => truth.get(subjects?.[0]?.id ?? '') !== decision?.outcome,
    );
    expect(flips.length).toBeGreaterThan(0);
    expect(new Set(found.map(({ executionId }) => executionId))).toEqual(
      new Set(flips.map(({ executionId }) => executionId)),
    );
    for (const { executionId, is, cause } of found) {
      expect(is?.outcome).toBe(truth.get(idOf.get(executionId) ?? ''));
      expect(cause?.decided).toMatchObject({ name: 'rules', rule });
    }
    expect(report.counts.undecided + report.counts.not_replayable).toBe(0);
    expect(report.control).toMatchObject({ reproduced: LOANS, of: LOANS });
    // The functions are the same: only a value differs, which their text does not show.
    expect(report.distrust).toEqual([
      'a change was expected, and no function that ran differs from the control',
    ]);
    expect(code).toBe(3);
    const matrix = report.matrix.filter(({ was, is }) => was !== is);
    expect(matrix.reduce((sum, { count }) => sum + count, 0)).toBe(found.length);
  });

  test('exits with 1 beyond the gate, and writes JUnit and markdown', async () => {
    const junit = file('r.xml');
    const markdown = file('r.md');
    const { code, report } = await run({ minScore: 660 }, '--junit', junit, '--markdown', markdown);
    expect(code).toBe(1);
    const flips = report.counts.flipped;
    expect(report.gate).toEqual([{ what: 'flips', max: 0, found: flips, holds: false }]);
    const xml = await readFile(junit, 'utf8');
    expect(xml).toContain(`tests="${String(LOANS + 1)}" failures="${String(flips + 1)}"`);
    expect(xml.match(/<failure /g)).toHaveLength(flips + 1);
    expect(await readFile(markdown, 'utf8')).toContain('The gate does not hold');
  });

  test('a gate may allow a share, within a filter and between two outcomes', async () => {
    const gates = [
      { what: 'flips', max: '100%' },
      { what: 'approved→declined', max: 0 },
      { what: 'declined -> approved', max: 0, where: 'metadata.region:north' },
    ];
    process.env['TEST_GATE'] = JSON.stringify(gates);
    try {
      const { report } = await runFresh({ minScore: 660 });
      const flips = report.results.filter(({ verdict }) => verdict === 'flipped');
      expect(report.gate.map(({ found }) => found)).toEqual([
        flips.length / LOANS,
        flips.filter(({ was, is }) => was.outcome === 'approved' && is?.outcome === 'declined')
          .length,
        0,
      ]);
    } finally {
      delete process.env['TEST_GATE'];
    }
  });

  test('is not to be trusted when it replayed nothing', async () => {
    await writeFile(
      file('none.ndjson'),
      '{"snapshot":{"executionId":"e","pipeline":"other","steps":[]}}\n',
    );
    const { code, out } = await command('run', file('none.ndjson'), '--config', CONFIG);
    expect(code).toBe(3);
    expect(out).toContain('Not to be trusted: no record was replayed.');
  });

  test('refuses wrong files and configurations with exit code 2', async () => {
    await writeFile(file('bad.ndjson'), '{"snapshot":1}\n');
    await writeFile(file('bad.mjs'), 'export default {}');
    const cases: [string[], string][] = [
      [['run', file('absent')], 'There is no file'],
      [['run', file('bad.ndjson'), '--config', CONFIG], 'line 1: this is no record'],
      [['run', file('bad.ndjson'), '--config', file('bad.mjs')], 'it names no pipeline'],
      [['run', file('bad.ndjson'), '--config', file('absent.mjs')], 'There is no'],
      [['run', file('bad.ndjson'), '--control', CONFIG, '--config', CONFIG], '--control'],
    ];
    for (const [args, message] of cases) {
      const { code, err } = await command(...args);
      expect({ code, err }).toMatchObject({ code: 2 });
      expect(err).toContain(message);
    }
  });
});

/** Runs with a configuration that was not loaded before, since a module is loaded once. */
async function runFresh(rules: object): Promise<{ report: Report }> {
  process.env['TEST_RULES'] = JSON.stringify(rules);
  const copy = CONFIG.replace('loans.mjs', `loans.${String(process.pid)}.copy.mjs`);
  await writeFile(copy, await readFile(CONFIG, 'utf8'));
  try {
    const args = ['run', file('loans.ndjson.gz'), '--config', copy, '--json', '-'];
    return { report: JSON.parse((await command(...args)).out) as Report };
  } finally {
    await rm(copy);
  }
}
