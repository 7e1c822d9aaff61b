import { spawn } from 'node:child_process';

/**
 * Runs a program to its end with nothing on its standard input.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv, show?: boolean | string }} options `show`: print the
 * program's output instead of returning it, with a text before each line if one is given
 * @returns {Promise<{ code: number, output: string, stdout: string }>} `output` is stdout and stderr as
 * they came; the code of one ended by a signal, or not found, is 1
 */
export function run(command, args, { cwd, env = process.env, show = false }) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env,
      stdio: ['ignore', show === true ? 'inherit' : 'pipe', show === true ? 'inherit' : 'pipe'],
      // On Windows npm is a .cmd file, which needs a shell.
      shell: process.platform === 'win32' && command === 'npm',
    });
    let output = '';
    let stdout = '';
    if (typeof show === 'string') {
      for (const stream of [child.stdout, child.stderr]) showLines(stream, show);
    } else {
      child.stdout?.setEncoding('utf8').on('data', (text) => {
        output += text;
        stdout += text;
      });
      child.stderr?.setEncoding('utf8').on('data', (text) => (output += text));
    }
    const end = (code) => resolve({ code: code ?? 1, output, stdout });
    child.on('error', (error) => {
      output += `${error.message}\n`;
      end(1);
    });
    child.on('close', end);
  });
}

/** Prints whole lines only, so that the lines of two programs do not mix. */
function showLines(stream, prefix) {
  let rest = '';
  const show = (line) => process.stdout.write(`${prefix}${line}\n`);
  stream.setEncoding('utf8').on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) show(line);
  });
  stream.on('end', () => {
    if (rest !== '') show(rest);
  });
}

/** @param {number} startedMs a `performance.now()` */
export function secondsSince(startedMs) {
  return `${((performance.now() - startedMs) / 1000).toFixed(1)} s`;
}
