import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { preparePython } from '../../../scripts/python.mjs';

interface Result {
  readonly name: string;
  readonly failure: string | undefined;
  readonly skipped: string | undefined;
}

interface Run {
  /** Why pytest cannot run here. */
  readonly problem: string | undefined;
  readonly output: string;
  readonly results: Result[];
}

const folder = mkdtempSync(path.join(tmpdir(), 'x-ray-pytest-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const mayBeMissing = process.env['CI'] !== 'true';
const { problem, output, results } = await runPytest();

test('pytest runs', (context) => {
  context.skip(problem !== undefined && mayBeMissing, problem);
  expect(problem).toBeUndefined();
  expect({ results, output }).not.toMatchObject({ results: [] });
});

test.for(results)('$name', ({ failure, skipped }, context) => {
  context.skip(skipped !== undefined, skipped);
  expect(failure ?? '').toBe('');
});

/** Each result of pytest becomes a test here, so that `npm test` counts and shows it. */
async function runPytest(): Promise<Run> {
  const prepared = await preparePython();
  if ('problem' in prepared) return { problem: prepared.problem, output: '', results: [] };
  const report = path.join(folder, 'report.xml');
  const args = ['-m', 'pytest', '-q', `--junitxml=${report}`, '-o', 'junit_family=xunit1'];
  const output = await new Promise<string>((resolve) => {
    execFile(
      prepared.python,
      args,
      { cwd: path.join(import.meta.dirname, '..'), maxBuffer: 64 * 1024 * 1024 },
      (_error, stdout, stderr) => resolve(stdout + stderr),
    );
  });
  return { problem: undefined, output, results: readReport(report) };
}

/** Reads the test cases of a JUnit report. */
function readReport(file: string): Result[] {
  const xml = readFileSync(file, 'utf8');
  const cases = xml.matchAll(/<testcase ([^>]*?)(?:\/>|>(.*?)<\/testcase>)/gs);
  return [...cases].map(([, attributes = '', inside = '']) => {
    const attribute = (text: string, name: string): string =>
      unescape(new RegExp(`${name}="([^"]*)"`).exec(text)?.[1] ?? '');
    const failure = /<(?:failure|error) [^>]*>(.*?)<\/(?:failure|error)>/s.exec(inside)?.[1];
    const skipped = /<skipped ([^>]*)>/.exec(inside)?.[1];
    return {
      name: `${attribute(attributes, 'classname')} ${attribute(attributes, 'name')}`,
      failure: failure === undefined ? undefined : unescape(failure),
      skipped: skipped === undefined ? undefined : attribute(skipped, 'message'),
    };
  });
}

function unescape(text: string): string {
  const named: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
  return text
    .replaceAll(/&#(x?)([0-9a-fA-F]+);/g, (_all, hex: string, code: string) =>
      String.fromCodePoint(Number.parseInt(code, hex === '' ? 10 : 16)),
    )
    .replaceAll(/&(lt|gt|amp|quot|apos);/g, (all, name: string) => named[name] ?? all);
}
