import './node-version.mjs';
import { root } from './parts.mjs';
import { run } from './run.mjs';

/** The rules apply to commits after this one. A shallow clone may lack it, and then uses its date. */
const BASE = {
  commit: '3d65fc6a0600a3e537b630acab3614b44c29a0f6',
  date: '2026-11-28T20:55:45+00:00',
};
const MAX_SUBJECT = 72;

/**
 * Finds commits that break the rules of CONTRIBUTING.md: no merges, subjects of at most 72 characters.
 *
 * @param {string} folder of a clone; what git does not know has no commits
 * @param {{ commit: string, date: string }} [base]
 * @returns {Promise<string[]>} a line for each fault
 */
export async function commitFaults(folder = root, base = BASE) {
  const git = (...args) => run('git', args, { cwd: folder });
  const isKnown = (await git('cat-file', '-e', `${base.commit}^{commit}`)).code === 0;
  const since = isKnown ? [`${base.commit}..HEAD`] : [`--since=${base.date}`, 'HEAD'];
  const { code, stdout } = await git('log', '--format=%h%x09%P%x09%s', ...since);
  if (code !== 0) return [];
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => {
      const [hash, parents, ...subject] = line.split('\t');
      const text = subject.join('\t');
      const faults = [];
      if (parents.includes(' ')) faults.push(`${hash} is a merge: rebase the branch instead.`);
      if ([...text].length > MAX_SUBJECT) {
        faults.push(
          `${hash} has a subject of ${[...text].length} characters, at most ${MAX_SUBJECT}: ${text}`,
        );
      }
      return faults;
    });
}
