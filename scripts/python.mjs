import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './parts.mjs';
import { run } from './run.mjs';

const folder = path.join(root, 'packages', 'xray-python');
const environment = path.join(folder, '.venv');
const names = [
  'python3',
  'python3.14',
  'python3.13',
  'python3.12',
  'python3.11',
  'python3.10',
  'python',
];
const HOW_TO_GET =
  'apt-get install python3-venv (or brew install python), or set XRAY_PYTHON to the path of one';

/**
 * The Python of a virtual environment with the tools of the Python SDK's tests. The environment is made when
 * it is missing or its list of tools has changed.
 *
 * @returns {Promise<{ python: string } | { problem: string }>}
 */
export async function preparePython() {
  const requirements = path.join(folder, 'requirements-test.txt');
  const given = process.env.XRAY_PYTHON;
  const found = await findPython(given === undefined ? names : [given]);
  if (found === undefined) {
    return { problem: `there is no Python 3.10 or later with venv: ${HOW_TO_GET}` };
  }
  const python = path.join(
    environment,
    ...(process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']),
  );
  const stampFile = path.join(environment, 'x-ray-stamp');
  const stamp = createHash('sha256')
    .update(found.version)
    .update(fs.readFileSync(requirements))
    .digest('hex');
  if (fs.existsSync(stampFile) && fs.readFileSync(stampFile, 'utf8') === stamp) return { python };
  fs.rmSync(environment, { recursive: true, force: true });
  const steps = [
    [found.command, ['-m', 'venv', environment]],
    [
      python,
      [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--disable-pip-version-check',
        '--only-binary',
        ':all:',
        '-r',
        requirements,
      ],
    ],
  ];
  for (const [command, args] of steps) {
    const { code, output } = await run(command, args, { cwd: folder });
    if (code !== 0) return { problem: `${command} ${args.join(' ')} failed:\n${output}` };
  }
  fs.writeFileSync(stampFile, stamp);
  return { python };
}

/** @param {string[]} commands */
async function findPython(commands) {
  const program = 'import sys, ensurepip, venv; print("%d.%d.%d" % sys.version_info[:3])';
  for (const command of commands) {
    const { code, stdout } = await run(command, ['-c', program], { cwd: root });
    const version = stdout.trim();
    const [major = 0, minor = 0] = version.split('.').map(Number);
    if (code === 0 && major === 3 && minor >= 10) return { command, version };
  }
  return undefined;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const prepared = await preparePython();
  if ('problem' in prepared) {
    process.stderr.write(`${prepared.problem}\n`);
    process.exitCode = 1;
  }
}
