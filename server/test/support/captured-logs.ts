import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { findLeaks } from './canaries.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder for the logs of all servers of the run. */
    logFolder: string;
  }
}

/** When all tests are over, searches the logs of all servers for secrets. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'xray-logs-'));
  project.provide('logFolder', folder);
  return async () => {
    const { leaks, lines } = await findLeaks(folder);
    if (leaks.length > 0) {
      // vitest reports an error of a teardown, but would still exit with 0.
      process.exitCode = 1;
      const leakLines = leaks.map(({ file, line, text }) => `${file}:${line}\n  ${text}`);
      throw new Error(
        `${leaks.length} lines of logs hold what no log may:\n${leakLines.join('\n')}`,
      );
    }
    console.log(`No secret is in the ${lines} lines that servers logged.`);
    await rm(folder, { recursive: true });
  };
}
