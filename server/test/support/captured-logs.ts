import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { findLeaks } from './canaries.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the logs of all servers of the run are written. */
    logFolder: string;
  }
}

/** When all tests are over, the log of every server they started is looked through for secrets. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'xray-logs-'));
  project.provide('logFolder', folder);
  return async () => {
    const { leaks, lines } = await findLeaks(folder);
    if (leaks.length > 0) {
      // What a teardown throws is told, but vitest would still end as if all were well.
      process.exitCode = 1;
      const told = leaks.map(({ file, line, text }) => `${file}:${line}\n  ${text}`);
      throw new Error(`${leaks.length} lines of logs hold what no log may:\n${told.join('\n')}`);
    }
    console.log(`No secret is in the ${lines} lines that servers logged.`);
    await rm(folder, { recursive: true });
  };
}
