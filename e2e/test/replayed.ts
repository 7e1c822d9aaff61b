import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import type { Page } from 'playwright-core';
import type { FreshServer } from '../fresh-server.mjs';

const ROOT = path.resolve(import.meta.dirname, '../..');
const COMMAND = path.join(ROOT, 'packages/replay/dist/cli.js');
const CONFIG = path.join(ROOT, 'packages/replay/test/programs/loans.mjs');

export interface Ended {
  code: number;
  out: string;
  err: string;
}

/** A folder with pulled records, in which the command of replays runs. */
export interface ReplayFolder {
  /** Replays the loans with changed rules of the example. */
  run: (rules: object, ...args: string[]) => Promise<Ended>;
  file: (name: string) => string;
  remove: () => Promise<void>;
}

/** Pulls the records of the app, as a job of CI with its own key does. */
export async function pullLoans(page: Page, server: FreshServer): Promise<ReplayFolder> {
  const { url, appId } = server;
  const created = await page.request.post(`${url}/api/apps/${appId}/keys`, {
    headers: { origin: url },
    data: { name: 'CI', scopes: ['replay'] },
  });
  const { key }: { key: string } = await created.json();
  const folder = await mkdtemp(path.join(tmpdir(), 'xray-replay-story-'));
  const file = (name: string): string => path.join(folder, name);
  const command = async (args: string[], rules: object): Promise<Ended> => {
    const child = spawn(process.execPath, [COMMAND, ...args], {
      env: {
        ...process.env,
        XRAY_ENDPOINT: url,
        XRAY_API_KEY: key,
        TEST_RULES: JSON.stringify(rules),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [out, err, code] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise<number>((resolve) => child.once('exit', (ended) => resolve(ended ?? -1))),
    ]);
    return { code, out, err };
  };
  const records = file('loans.ndjson.gz');
  const pulled = await command(
    ['pull', '--app', appId, '-q', 'pipeline:loan-approval', '-o', records],
    {},
  );
  if (pulled.code !== 0) throw new Error(pulled.err);
  return {
    run: (rules, ...args) => command(['run', records, '--config', CONFIG, ...args], rules),
    file,
    remove: () => rm(folder, { recursive: true }),
  };
}

/** The page of a stored run, as the command printed it. */
export function addressOf({ err }: Ended): string {
  const address = /^Stored: (\S+)$/m.exec(err)?.[1];
  if (address === undefined) throw new Error(`no address in: ${err}`);
  return address;
}
