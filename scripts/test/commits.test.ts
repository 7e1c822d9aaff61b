import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { commitFaults } from '../commits.mjs';

const LONG = `fix(core): ${'x'.repeat(62)}`;

function temporaryFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'x-ray-commits-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true }));
  return folder;
}

/** Makes a clone whose history begins with a long subject, before the base. */
function newClone() {
  const folder = temporaryFolder();
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', ...args], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  const commit = (subject: string) => git('commit', '-q', '--allow-empty', '-m', subject);
  git('init', '-q', '-b', 'main');
  commit(LONG);
  const base = { commit: git('rev-parse', 'HEAD'), date: git('log', '-1', '--format=%cI') };
  return { folder, git, commit, base };
}

describe('commits of a branch', () => {
  test('pass if they are linear and their subjects short', async () => {
    const { folder, commit, base } = newClone();
    commit('fix(core): a subject of the usual length');

    expect(await commitFaults(folder, base)).toEqual([]);
  });

  test('fail with a subject over 72 characters after the base', async () => {
    const { folder, commit, base } = newClone();
    commit(LONG);

    expect(await commitFaults(folder, base)).toEqual([
      expect.stringContaining('has a subject of 73 characters, at most 72: fix(core)'),
    ]);
  });

  test('fail with a merge', async () => {
    const { folder, git, commit, base } = newClone();
    git('checkout', '-q', '-b', 'side');
    commit('fix(core): on the side');
    git('checkout', '-q', 'main');
    commit('fix(core): on main');
    git('merge', '-q', '--no-ff', '-m', 'merge the side', 'side');

    expect(await commitFaults(folder, base)).toEqual([expect.stringContaining('is a merge')]);
  });

  test('are also checked in a shallow clone, as far as it reaches', async () => {
    const { folder, commit, base } = newClone();
    commit(LONG);
    commit('fix(core): the last');
    const shallow = temporaryFolder();
    execFileSync('git', ['clone', '-q', '--depth', '2', `file://${folder}`, shallow], {
      stdio: 'ignore',
    });

    expect(await commitFaults(shallow, base)).toEqual([expect.stringContaining('73 characters')]);
  });

  test('pass outside of a git clone', async () => {
    expect(await commitFaults(temporaryFolder())).toEqual([]);
  });
});
