import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { snippetsFor } from '../../apps/dashboard/src/components/onboarding-snippets.js';
import { startFreshServer, type FreshServer } from '../fresh-server.mjs';

/** The version of the server and its SDKs. */
const VERSION = '0.1.0';
const OWNER = { email: 'ada@example.org', password: 'correct horse battery staple' };

let server: FreshServer;
let cookie: string;

beforeAll(async () => {
  server = await startFreshServer({
    XRAY_INIT_USER_EMAIL: OWNER.email,
    XRAY_INIT_USER_PASSWORD: OWNER.password,
  });
  const signedIn = await fetch(`${server.url}/api/auth/sign-in/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: server.url },
    body: JSON.stringify(OWNER),
  });
  cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
});

afterAll(() => server.stop());

const LANGUAGES = ['typescript', 'javascript', 'curl', 'python'] as const;

test.each(LANGUAGES)(
  'the %s snippet runs in an empty folder, and its decision arrives with a reason',
  async (language) => {
    const { url: endpoint, appId: app, apiKey } = server;
    const snippet = snippetsFor({ app, endpoint, version: VERSION, apiKey }).find(
      ({ id }) => id === language,
    );
    const folder = await mkdtemp(path.join(tmpdir(), 'x-ray-snippet-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const { setup = '', file = null, text = '', run = null } = snippet ?? {};
    if (file !== null) await writeFile(path.join(folder, file), text);
    const before = await executionIds();
    await shell(folder, [setup, run === null ? text : await runnable(folder, run)]);
    const added = (await executionIds()).filter((id) => !before.includes(id));
    expect(added).toHaveLength(1);
    const explained = await get(`executions/${added[0]}/explain?format=text`);
    expect(await explained.text()).toMatch(/SCORE_LOW\n.*min_score.*612.*660/);
  },
  60_000,
);

test('the README begins with the JavaScript snippet', async () => {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  const snippets = snippetsFor({
    app: 'my-loan-app',
    endpoint: 'http://127.0.0.1:4000',
    version: VERSION,
  });
  const { setup = '', text = '', run = '' } = snippets.find(({ id }) => id === 'javascript') ?? {};
  for (const part of [text, ...setup.split('\n'), run ?? '']) expect(readme).toContain(part);
});

/** tsx would need a download, so the compiler of this repository replaces it. */
async function runnable(folder: string, run: string): Promise<string> {
  if (run !== 'npx tsx first.ts') return run;
  const source = await readFile(path.join(folder, 'first.ts'), 'utf8');
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  await writeFile(path.join(folder, 'first.mjs'), outputText);
  return 'node first.mjs';
}

/** Runs commands one after another, as a person types them. */
async function shell(folder: string, commands: string[]): Promise<void> {
  const npm = { npm_config_audit: 'false', npm_config_fund: 'false' };
  await promisify(execFile)('bash', ['-euc', commands.join('\n')], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder, ...npm },
  });
}

async function get(rest: string): Promise<Response> {
  return await fetch(`${server.url}/api/apps/${server.appId}/${rest}`, { headers: { cookie } });
}

async function executionIds(): Promise<string[]> {
  const page = (await (await get('executions')).json()) as { items: { executionId: string }[] };
  return page.items.map(({ executionId }) => executionId);
}
