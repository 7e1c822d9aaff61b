import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ApiKeyList, CreatedKey, PruneResult } from '@xray/core';
import { safeJson } from '#server/safe-json.js';
import { APP, freshServer } from './support/databases.js';
import { post } from './support/http.js';
import { WITH_ADMINISTRATOR, administratorOf, overConsole } from './support/people.js';
import { callCli } from './support/process.js';
import { snapshot } from './support/snapshots.js';

/** Clears the screen, sets the title, forges a line, uses 8-bit controls and reorders text. */
const HOSTILE =
  'esc\u001B[2J\u001B]0;PWNED\u0007\r\nfake  line\u009B31m\u0085\u202Egnp.exe\u2066\u200F\u2028x\u007F';
const UNSAFE =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]|\p{Surrogate}/u;

/** A key chosen by an operator, which need not be base62. */
const CHOSEN_KEY = 'xr_ab/c+d=e%f?g&h#0123456789abcdef';

const ANY: unknown = expect.any(Number);

let server: Awaited<ReturnType<typeof freshServer>>;
let folder: string;
let keyId: string;

test('a line of the log has no character that a terminal acts on, and the same value', () => {
  const line = JSON.stringify({ name: HOSTILE });
  expect(safeJson(line)).not.toMatch(UNSAFE);
  expect(JSON.parse(safeJson(line))).toEqual({ name: HOSTILE });
});

beforeAll(async () => {
  server = await freshServer('pglite', { ...WITH_ADMINISTRATOR, XRAY_INIT_API_KEY: CHOSEN_KEY });
  folder = await mkdtemp(path.join(tmpdir(), 'xray-test-output-'));
  const { place } = server;
  await overConsole(place, 'POST', '/api/users', { email: 'eve@example.org', name: HOSTILE });
  const created = await overConsole(place, 'POST', `/api/apps/${APP}/keys`, {
    name: HOSTILE,
    environments: [HOSTILE, 'a, b'],
  });
  keyId = (created.body as CreatedKey).apiKey.id;
  await overConsole(place, 'PATCH', `/api/apps/${APP}`, { name: HOSTILE });
  await overConsole(place, 'PUT', `/api/apps/${APP}/retention`, {
    items: [{ environment: HOSTILE, days: 30, legalHold: false }],
  });
  // A person with this name, who is then in the audit log.
  const ada = await administratorOf(server);
  await ada.ask('PATCH', '/api/me', { name: HOSTILE });
  await ada.ask('POST', '/api/apps', { id: 'second', name: HOSTILE });
  for (const executionId of ['h1', 'h2']) {
    await send(hostileExecution(executionId));
  }
  await writeFile(
    path.join(folder, 'rejected.ndjson'),
    [
      JSON.stringify({ app: { id: APP, name: HOSTILE, createdAt: '' }, keys: [], retention: [] }),
      JSON.stringify({ ...snapshot(), executionId: HOSTILE }),
      JSON.stringify({ ...snapshot(), [HOSTILE]: 1, steps: HOSTILE }),
      JSON.stringify({ end: { executions: 2 } }),
      '',
    ].join('\n'),
  );
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

async function send(execution: object): Promise<void> {
  const response = await post(server.url, execution, { 'x-api-key': CHOSEN_KEY });
  expect(response.status).toBe(202);
}

function hostileExecution(executionId: string): object {
  return {
    executionId,
    appId: APP,
    pipeline: HOSTILE,
    environment: HOSTILE,
    subjects: [{ type: HOSTILE, id: HOSTILE }],
    versions: { [HOSTILE]: `${HOSTILE}${executionId}` },
    decision: { outcome: HOSTILE, adverse: true, reasons: [{ code: HOSTILE, text: HOSTILE }] },
    status: 'failed',
    steps: [
      {
        name: HOSTILE,
        status: 'failed',
        output: { [HOSTILE]: `${HOSTILE}${executionId}` },
        error: { type: HOSTILE, message: HOSTILE },
        rules: [
          { id: HOSTILE, field: HOSTILE, actual: HOSTILE, threshold: executionId, result: 'fail' },
        ],
      },
    ],
  };
}

async function call(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return await callCli(
    server.place,
    args.map((arg) => arg.replace('$FOLDER', folder)),
  );
}

function linesOf(text: string): string[] {
  return text.split('\n').slice(0, -1);
}

describe('a name with terminal controls', () => {
  test.each([
    ['query', 2, ['query', '--app', APP]],
    ['query --json', 2, ['query', '--app', APP, '--json']],
    ['explain', ANY, ['explain', 'h1', '--app', APP]],
    ['explain --json', ANY, ['explain', 'h1', '--app', APP, '--json']],
    ['diff', ANY, ['diff', 'h1', 'h2', '--app', APP]],
    ['diff --json', ANY, ['diff', 'h1', 'h2', '--app', APP, '--json']],
    ['users list', 2, ['users', 'list']],
    ['users list --json', ANY, ['users', 'list', '--json']],
    ['users create', ANY, ['users', 'create', 'mal@example.org', '--name', HOSTILE]],
    ['users make-administrator', 1, ['users', 'make-administrator', 'eve@example.org']],
    ['users revoke-administrator', 1, ['users', 'revoke-administrator', 'eve@example.org']],
    ['keys list', 2, ['keys', 'list', '--app', APP]],
    ['keys list --json', ANY, ['keys', 'list', '--app', APP, '--json']],
    ['audit', ANY, ['audit']],
    ['audit --app', ANY, ['audit', '--app', APP]],
    ['audit --json', ANY, ['audit', '--json']],
    ['retention', 1, ['retention', '--app', APP]],
    ['retention --json', ANY, ['retention', '--app', APP, '--json']],
    ['erasures', 1, ['erasures', '--app', APP]],
    ['prune --dry-run', 1, ['prune', '--app', APP, '--subject', 'a/b', '--dry-run']],
  ])('is printed safely by %s', async (_name, lines, args) => {
    const { code, stdout, stderr } = await call(...args);
    const printed = { code, stderr, lines: linesOf(stdout).length };
    expect(printed).toEqual({ code: 0, stderr: '', lines });
    expect(stdout).not.toMatch(UNSAFE);
    expect(stdout).not.toMatch(/^fake/m);
  });

  test.each([
    ['an import with rejected lines', 3, ['import', '$FOLDER/rejected.ndjson']],
    ['a filter with a fault', 4, ['query', `outcome:${HOSTILE}(`, '--app', APP]],
    ['an app that does not exist', 1, ['keys', 'list', '--app', HOSTILE]],
    ['an execution that does not exist', 1, ['explain', HOSTILE, '--app', APP]],
    ['an account that does not exist', 1, ['users', 'remove', HOSTILE, '--yes']],
    ['a file that does not exist', 1, ['import', `$FOLDER/${HOSTILE}`]],
    ['a question that nobody can answer', 1, ['users', 'remove', HOSTILE]],
    ['an option that is wrong', 2, ['prune', '--app', APP, '--older-than', HOSTILE]],
    ['a command that does not exist', 2, [HOSTILE]],
  ])('is printed safely for %s', async (_name, lines, args) => {
    const { code, stdout, stderr } = await call(...args);
    expect(code).toBe(1);
    expect(stdout + stderr).not.toMatch(UNSAFE);
    expect(stderr).not.toMatch(/^fake/m);
    expect(stderr).not.toContain('    at ');
    expect(linesOf(stderr)).toHaveLength(lines);
  });

  test('cannot look like several columns', async () => {
    const name = 'Eve  administrator';
    await overConsole(server.place, 'POST', '/api/users', { email: 'two@example.org', name });
    const { stdout } = await call('users', 'list', '--search', 'two@example.org');
    expect(linesOf(stdout)).toEqual(['two@example.org  -  Eve administrator']);
    const keys = await call('keys', 'list', '--app', APP);
    expect(keys.stdout).toContain('"a, b"');
  });

  test('is unchanged in --json', async () => {
    const { stdout } = await call('keys', 'list', '--app', APP, '--json');
    const { items } = JSON.parse(stdout) as ApiKeyList;
    expect(items.find(({ id }) => id === keyId)).toMatchObject({ name: HOSTILE });
  });

  test('is printed safely when its key is rotated or revoked', async () => {
    const rotated = await call('keys', 'rotate', keyId, '--app', APP);
    const revoked = await call('keys', 'revoke', keyId, '--app', APP);
    expect(rotated.stdout + revoked.stdout).not.toMatch(UNSAFE);
    expect(linesOf(revoked.stdout)).toHaveLength(1);
  });
});

describe('a subject on the command line', () => {
  const both = { type: 'org/team', id: '42/7' };
  const other = { type: 'org', id: 'team/42/7' };

  async function executionsOf(...subject: string[]): Promise<number | undefined> {
    const args = ['prune', '--app', APP, '--dry-run', '--json', ...subject];
    const { stdout } = await call(...args);
    return (JSON.parse(stdout) as PruneResult).left?.executions;
  }

  test('may contain the separator in its type and in its id', async () => {
    await send({ ...snapshot(), subjects: [both] });
    for (let i = 0; i < 2; i++) await send({ ...snapshot(), subjects: [other] });
    expect(await executionsOf('--subject-type', both.type, '--subject-id', both.id)).toBe(1);
    expect(await executionsOf('--subject-type', other.type, '--subject-id', other.id)).toBe(2);
    // Without these options the first / ends the type.
    expect(await executionsOf('--subject', 'org/team/42/7')).toBe(2);
  });

  test.each([
    ['half of a pair', ['--subject-type', 'org'], /together/],
    ['both ways at once', ['--subject', 'a/b', '--subject-id', 'b'], /cannot be used with/],
    [
      'a subject and an execution',
      ['--subject-id', 'b', '--execution', 'x'],
      /cannot be used with/,
    ],
  ])('is refused when it is %s', async (_name, args, message) => {
    const { code, stderr } = await call('prune', '--app', APP, '--yes', ...args);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
  });
});

describe('a text with characters that no database can store', () => {
  const app = { id: 'other', name: 'a\u0000b', createdAt: '' };
  const retention = [{ environment: 'a\u0000b', days: 1, legalHold: false }];
  test.each([
    ['the name of an app', { app, retention: [], keys: [] }],
    ['the environment of a rule', { app: { ...app, name: 'ok' }, retention, keys: [] }],
  ])('is refused in an import with a clear message: %s', async (_name, transfer) => {
    const file = path.join(folder, 'refused.ndjson');
    await writeFile(file, `${JSON.stringify(transfer)}\n{"end":{"executions":0}}\n`);
    const { code, stderr } = await call('import', file);
    expect(code).toBe(1);
    expect(linesOf(stderr)).toHaveLength(1);
    expect(stderr).not.toMatch(/An unexpected error occurred|    at /);
  });

  test.each([
    ['app', ['keys', 'list', '--app', 'a\u0000b']],
    ['name', ['keys', 'create', '--app', APP, '--name', 'a\u0000b']],
    ['environment', ['keys', 'create', '--app', APP, '--environment', 'a\u0000b']],
    ['search', ['users', 'list', '--search', 'a\u0000b']],
    ['address', ['users', 'create', 'a\u0000b@example.org']],
    ['subject', ['prune', '--app', APP, '--subject', 'a/\u0000', '--yes']],
    ['execution', ['prune', '--app', APP, '--execution', 'a\u0000', '--yes']],
    ['filter', ['query', 'outcome:"a\u0000b"', '--app', APP]],
  ])('is refused as %s', async (_name, args) => {
    const { code, stderr } = await call(...args);
    expect(code).toBe(1);
    expect(stderr).not.toMatch(/An unexpected error occurred|    at /);
  });
});

describe('the id of a key that an operator chose', () => {
  test('is the 12 characters after xr_, and revokes the key', async () => {
    const id = CHOSEN_KEY.slice(3, 15);
    const { stdout } = await call('keys', 'list', '--app', APP);
    expect(stdout).toContain(`${id}  ingest+read`);
    const revoked = await call('keys', 'revoke', id, '--app', APP);
    expect(revoked).toMatchObject({ code: 0, stdout: expect.stringContaining('revoked') });
    const response = await post(server.url, snapshot(), { 'x-api-key': CHOSEN_KEY });
    expect(response.status).toBe(401);
  });
});

describe('a number or a time on the command line', () => {
  const commands: [string, string[]][] = [
    ['query --limit', ['query', '--app', APP, '--limit']],
    ['keys create --expires-in-days', ['keys', 'create', '--app', APP, '--expires-in-days']],
    [
      'keys create --requests-per-minute',
      ['keys', 'create', '--app', APP, '--requests-per-minute'],
    ],
    ['keys rotate --overlap-hours', ['keys', 'rotate', 'none', '--app', APP, '--overlap-hours']],
    ['prune --older-than', ['prune', '--app', APP, '--yes', '--older-than']],
    ['export --from', ['export', '--app', APP, '--from']],
    ['export --to', ['export', '--app', APP, '--to']],
  ];
  const wrongs = ['', ' ', '0x10', '1e2', '-0', '١', 'NaN', 'Infinity', '2026-02-30', 'Nov 1 2026'];
  test.each(commands)('is refused unless it is written plainly: %s', async (_name, args) => {
    for (const wrong of wrongs) {
      const { code, stdout, stderr } = await call(...args, wrong);
      expect({ wrong, code: code === 0 ? 'taken' : 'refused', stdout }).toEqual({
        wrong,
        code: 'refused',
        stdout: '',
      });
      expect(stderr).not.toMatch(/An unexpected error occurred|    at /);
    }
  });
});
