import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const programs = path.join(import.meta.dirname, '../programs');
const collector = path.join(import.meta.dirname, 'collector');

/** A tool that was made for a test, or why it cannot be. */
export type Tool = { file: string } | { missing: string };

/** A Python with the packages of programs/requirements.txt. It is kept below the folder for temporary files. */
export async function pythonWithExporters(): Promise<Tool> {
  const requirements = path.join(programs, 'requirements.txt');
  return await kept('python', [requirements], async (folder) => {
    await run('python3', ['-m', 'venv', folder]);
    const pip = path.join(folder, 'bin/pip');
    await run(pip, ['install', '--quiet', '--disable-pip-version-check', '-r', requirements]);
    return path.join(folder, 'bin/python');
  });
}

/** The OpenTelemetry Collector of support/collector, built by Go. */
export async function builtCollector(): Promise<Tool> {
  const sources = ['main.go', 'go.mod', 'go.sum'].map((name) => path.join(collector, name));
  return await kept('collector', sources, async (folder) => {
    const file = path.join(folder, 'collector');
    const PATH = `${process.env.PATH}:/usr/local/go/bin`;
    await mkdir(folder, { recursive: true });
    await run('go', ['build', '-o', file, '.'], { cwd: collector, env: { ...process.env, PATH } });
    return file;
  });
}

/** Makes a tool once for the content of these files. */
async function kept(
  name: string,
  sources: string[],
  make: (folder: string) => Promise<string>,
): Promise<Tool> {
  const hash = createHash('sha256');
  for (const source of sources) hash.update(readFileSync(source));
  const folder = path.join(tmpdir(), `xray-${name}-${hash.digest('hex').slice(0, 16)}`);
  const done = path.join(folder, 'made');
  if (existsSync(done)) return { file: readFileSync(done, 'utf8') };
  await rm(folder, { recursive: true, force: true });
  try {
    const file = await make(folder);
    await writeFile(`${done}.part`, file);
    await rename(`${done}.part`, done);
    return { file };
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : 'unknown';
    return { missing: `${name} could not be made: ${reason}` };
  }
}

/** The path of a program in programs. */
export function programOf(name: string): string {
  return path.join(programs, name);
}
