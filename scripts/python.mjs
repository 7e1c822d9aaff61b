import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './parts.mjs';
import { run } from './run.mjs';

const folder = path.join(root, 'packages', 'xray-python');
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

/** The Python of the virtual environment with the tools of the Python SDK's tests. */
export async function preparePython() {
  return await makeEnvironment(
    path.join(folder, '.venv'),
    path.join(folder, 'requirements-test.txt'),
  );
}

/**
 * The Python of a virtual environment, which is made when it is missing or its list of packages has changed.
 *
 * @param {string} environment the folder
 * @param {string} requirements the file with the packages
 * @returns {Promise<{ python: string } | { problem: string }>}
 */
export async function makeEnvironment(environment, requirements) {
  const given = process.env.XRAY_PYTHON;
  const found = await findPython(given === undefined ? names : [given]);
  if (found === undefined) {
    return { problem: `there is no Python 3.10 or later with venv: ${HOW_TO_GET}` };
  }
  const isWindows = process.platform === 'win32';
  const place = isWindows ? ['Scripts', 'python.exe'] : ['bin', 'python'];
  const python = path.join(environment, ...place);
  const stampFile = path.join(environment, 'x-ray-stamp');
  const stamp = createHash('sha256')
    .update(found.version)
    .update(fs.readFileSync(requirements))
    .digest('hex');
  if (fs.existsSync(stampFile) && fs.readFileSync(stampFile, 'utf8') === stamp) return { python };
  fs.rmSync(environment, { recursive: true, force: true });
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  const steps = [
    [found.command, ['-m', 'venv', environment]],
    [python, [...pip, '--only-binary', ':all:', '-r', requirements]],
  ];
  for (const [command, args] of steps) {
    const { code, output } = await run(command, args, { cwd: root });
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
