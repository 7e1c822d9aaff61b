import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { missingPaths } from '../named-paths.mjs';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'x-ray-paths-'));

afterAll(() => fs.rmSync(folder, { recursive: true }));

function write(file: string, text: string): void {
  const full = path.join(folder, file);
  fs.mkdirSync(path.dirname(full), { recursive: true });
  fs.writeFileSync(full, text);
}

write('server/src/app.ts', '');
write('docs/there.md', '');

test.each([
  ['a link', '[see](docs/gone.md)', 'docs/gone.md'],
  ['a link with a place in the page', '[see](docs/gone.md#part)', 'docs/gone.md'],
  ['code', 'Read `server/src/gone.ts`.', 'server/src/gone.ts'],
  ['a block of code', '```sh\nnode server/gone.mjs --all\n```', 'server/gone.mjs'],
  ['plain text', 'It is in server/src/gone.ts.', 'server/src/gone.ts'],
])('a path that %s names has to exist', (_form, text, missing) => {
  write('README.md', text);

  expect(missingPaths(folder)).toEqual([`README.md names ${missing}, which does not exist.`]);
});

test.each([
  ['a file', '`server/src/app.ts` and [this](docs/there.md#part)'],
  ['a folder', 'the folder server/src/'],
  ['what a build makes', '`server/dist/cli.js`'],
  ['a setting of a person', '`server/.env.local`'],
  ['a URL', 'https://example.org/server/gone and [out](https://example.org/docs/gone.md)'],
  ['a path of somewhere else', '`/etc/server/gone` and `src/gone.ts`'],
])('%s is no missing path', (_kind, text) => {
  write('README.md', text);

  expect(missingPaths(folder)).toEqual([]);
});

test('a link is relative to its page', () => {
  write('README.md', '');
  write('docs/page.md', '[beside](there.md) [above](../server/src/app.ts) [wrong](docs/there.md)');

  expect(missingPaths(folder)).toEqual(['docs/page.md names docs/there.md, which does not exist.']);
});
