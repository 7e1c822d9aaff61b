// Builds dist/: the compiled server, and a data directory with the tables. A first start copies it, which is
// faster than initdb.
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const template = fileURLToPath(new URL('dist/pglite-template', import.meta.url));
const typescript = createRequire(import.meta.url).resolve('typescript-7/package.json');
const tsc = fileURLToPath(new URL('bin/tsc', pathToFileURL(typescript)));

rmSync(`${here}/dist`, { recursive: true, force: true });
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: here, stdio: 'inherit' });

// The build script passes --liftoff-only: optimizing PGlite for one initdb would take three more seconds.
const { openPglite } = await import('./dist/postgres/drivers/pglite.js');
const { migrate } = await import('./dist/postgres/migrations.js');
const driver = await openPglite(template);
await migrate(driver);
await driver.close();
