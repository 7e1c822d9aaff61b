import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'tsdown';

const here = (file) => fileURLToPath(new URL(file, import.meta.url));

execFileSync(
  process.execPath,
  [here('../../node_modules/typescript-7/bin/tsc'), '-p', 'tsconfig.build.json'],
  { cwd: here('.'), stdio: 'inherit' },
);

// verify.html is one file, so that each export can contain it and it runs from a disk.
const folder = mkdtempSync(path.join(os.tmpdir(), 'x-ray-page-'));
try {
  await build({
    config: false,
    cwd: here('.'),
    entry: { page: here('dist/browser/page.js') },
    format: 'esm',
    platform: 'browser',
    outDir: folder,
    minify: true,
    dts: false,
    logLevel: 'error',
  });
  const program = readFileSync(path.join(folder, 'page.js'), 'utf8');
  if (program.includes('</script')) throw new Error('the program would end its own script element');
  const page = readFileSync(here('src/browser/page.html'), 'utf8');
  // A function, because a text would have its dollar signs replaced.
  writeFileSync(
    here('dist/verify.html'),
    page.replace('/* program */', () => program),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
