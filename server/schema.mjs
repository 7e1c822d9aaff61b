// Writes docs/schema.sql from the migrations; with --check it only says whether that is in step.
import { readFileSync, writeFileSync } from 'node:fs';
import { schemaSql } from './dist/store/migrations.js';

const file = new URL('../docs/schema.sql', import.meta.url);
if (!process.argv.includes('--check')) {
  writeFileSync(file, schemaSql());
} else if (readFileSync(file, 'utf8') !== schemaSql()) {
  process.stderr.write('docs/schema.sql is out of step: run `npm run schema -w server`.\n');
  process.exitCode = 1;
}
