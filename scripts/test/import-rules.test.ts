import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { featuresOf, foldersWithoutRules, importRules } from '../import-rules.mjs';

const oxlint = path.resolve(import.meta.dirname, '../../node_modules/oxlint/bin/oxlint');
const planted = fs.mkdtempSync(path.join(os.tmpdir(), 'x-ray-imports-'));

/** The forbidden imports and the allowed imports of each part. */
const rooms: { file: string; forbidden: string[]; allowed: string[] }[] = [
  {
    file: 'packages/core/src/merge.ts',
    forbidden: ['node:fs', 'express', '@xray/sdk', '../../../server/src/app.js'],
    allowed: ['zod', 'zod/v4', './snapshot.js', '../src.js'],
  },
  {
    file: 'packages/otlp/src/decode.ts',
    forbidden: ['node:fs', 'zod', 'express', '@xray/sdk', '../../core/src/index.js'],
    allowed: ['@xray/core', 'protobufjs/light.js', './descriptor.js'],
  },
  {
    file: 'packages/proof/src/verify.ts',
    forbidden: ['node:crypto', 'zod', '@xray/core', '../../core/src/index.js'],
    allowed: ['./tree.js'],
  },
  {
    file: 'packages/proof/src/node/main.ts',
    forbidden: ['zod', '@xray/core'],
    allowed: ['node:crypto', '../verify.js'],
  },
  {
    file: 'packages/replay/src/run.ts',
    forbidden: ['zod', 'express', '@xray/server', '@xray/examples', '../../core/src/index.js'],
    allowed: ['node:fs', 'commander', '@xray/core/proportions', '@xray/sdk/replay', './gate.js'],
  },
  {
    file: 'packages/xray-sdk/src/client.ts',
    forbidden: ['zod', '@xray/core', '../../core/src/index.js', '../../../packages/core/src/a.js'],
    allowed: ['node:async_hooks', '#platform', './options.js'],
  },
  {
    file: 'server/src/store/execution-store.ts',
    forbidden: [
      'express',
      'kysely',
      'pg',
      '@clickhouse/client',
      'node:fs',
      '../errors.js',
      '../postgres/open.js',
      '#server/query/list.js',
    ],
    allowed: ['@xray/core', 'pino', './answers.js'],
  },
  {
    file: 'server/src/postgres/executions/list.ts',
    forbidden: [
      'express',
      '@xray/sdk',
      '@clickhouse/client',
      '../../clickhouse/open.js',
      '../../ingest/take-executions.js',
      '#server/query/list.js',
      '../../auth/guard.js',
      '../../app.js',
    ],
    allowed: ['@xray/core', 'kysely', 'pg', '../driver.js', '../search/search.js', './narrow.js'],
  },
  {
    file: 'server/src/clickhouse/client.ts',
    forbidden: [
      'express',
      'kysely',
      'pg',
      '@xray/sdk',
      '../postgres/outage.js',
      '../ingest/split-body.js',
      '../app.js',
    ],
    allowed: ['@clickhouse/client', '@xray/core', '../store/errors.js', './params.js'],
  },
  {
    file: 'server/src/ingest/take-executions.ts',
    forbidden: [
      'express',
      '../query/list.js',
      '../auth/guard.js',
      '../routes/ingest.js',
      '../app.js',
      '../main.js',
      'kysely',
      '@clickhouse/client',
      '../postgres/open.js',
      '#server/postgres/drivers/pglite.js',
    ],
    allowed: ['@xray/core', '../store/stores.js', '#server/store/errors.js', './split-body.js'],
  },
  {
    file: 'server/src/query/list-executions.ts',
    forbidden: [
      'express',
      'kysely',
      'pg',
      '@clickhouse/client',
      '../clickhouse/open.js',
      '../postgres/open.js',
      '../ingest/split-body.js',
      '../auth/guard.js',
      '../routes/reads.js',
    ],
    allowed: ['../store/stores.js', './cursor.js'],
  },
  {
    file: 'server/src/auth/guard.ts',
    forbidden: [
      'kysely',
      '../ingest/split-body.js',
      '../query/list.js',
      '../routes/reads.js',
      '../cli.js',
    ],
    allowed: ['express', '../store/stores.js', './api-key.js'],
  },
  {
    file: 'server/src/auth/better-auth.ts',
    forbidden: ['kysely', '@clickhouse/client', '../routes/reads.js'],
    allowed: ['../postgres/driver.js', './passwords.js'],
  },
  {
    file: 'server/src/routes/reads.ts',
    forbidden: ['kysely', '../app.js', '../main.js', '../cli.js', '../postgres/drivers/pglite.js'],
    allowed: ['express', '../ingest/take-executions.js', '../query/list.js', '../auth/guard.js'],
  },
  {
    file: 'server/src/upkeep/retention-job.ts',
    forbidden: ['express', '../routes/reads.js', '../auth/guard.js', '../app.js'],
    allowed: ['../store/stores.js', '../query/cursor.js', '../ingest/intake.js', './prune.js'],
  },
  {
    file: 'server/src/cli/keys.ts',
    forbidden: ['express', '../routes/reads.js', '../main.js', '../postgres/drivers/pglite.js'],
    allowed: ['commander', '../administrator.js', '../config.js', '../upkeep/prune.js'],
  },
  {
    file: 'server/src/app.ts',
    forbidden: ['./main.js', './cli.js', './postgres/drivers/pglite.js', '@xray/dashboard'],
    allowed: ['express', './routes/reads.js', './config.js'],
  },
  {
    file: 'server/src/config.ts',
    forbidden: ['express', './store/stores.js', './app.js'],
    allowed: ['zod', 'node:path'],
  },
  {
    file: 'server/src/main.ts',
    forbidden: ['express', '@xray/sdk'],
    allowed: ['./app.js', './postgres/drivers/pglite.js', './store/drivers/postgres.js'],
  },
  {
    file: 'apps/dashboard/src/features/timeline/timeline.tsx',
    forbidden: [
      '@/features/explorer/list',
      '../explorer/list',
      '../../features/explorer',
      '@/app/page',
      '@xray/sdk',
      'node:fs',
    ],
    allowed: ['@xray/core', 'react', '@/components/ui/button', '@/features/timeline/layout', './x'],
  },
  {
    file: 'apps/dashboard/src/components/frame.tsx',
    forbidden: ['@/features/explorer/list', '../features/timeline/layout', '@/app/page', 'pg'],
    allowed: ['@/lib/format', './button', 'next/link'],
  },
  {
    file: 'apps/dashboard/src/app/page.tsx',
    forbidden: ['@xray/server', '../../../../server/src/app'],
    allowed: ['@/features/explorer/list', '@/components/frame'],
  },
  {
    file: 'examples/loan-approval/decide-loan.ts',
    forbidden: ['@xray/core', '@xray/server', '../../packages/xray-sdk/src/index.js'],
    allowed: ['@xray/sdk', 'node:timers/promises', './names.js'],
  },
];

/** `n` makes the names of one file unique. oxlint would stop at a duplicate declaration. */
const forms = [
  (from: string, n: number) => `import { a${n} } from '${from}';`,
  (from: string) => `import '${from}';`,
  (from: string, n: number) => `import type { A${n} } from '${from}';`,
  (from: string, n: number) => `export { b${n} } from '${from}';`,
  (from: string, n: number) => `export type { B${n} } from '${from}';`,
  (from: string) => `export * from '${from}';`,
  (from: string, n: number) => `export const c${n} = import('${from}');`,
];
/** This form is refused for every target, because no other rule could check it. */
const typeImport = (from: string, n: number) => `export type C${n} = import('${from}').C;`;

/** Two files that import each other, one pair for each form of import. */
const circles = [
  ['a value', "import { back } from './there.js';\nexport const here = () => back();"],
  ['a type', "import type { Back } from './there.js';\nexport type Here = Back[];"],
] as const;

const CIRCLE = 'import(no-cycle)';

/** Lines with a fault, as file:line. */
let found: Set<string>;
let inCircles: Set<string>;

beforeAll(() => {
  for (const { file, forbidden, allowed } of rooms) {
    const lines = [...forbidden, ...allowed].flatMap((from, n) =>
      [...forms, typeImport].map((form) => form(from, n)),
    );
    write(file, lines);
  }
  for (const [index, [, text]] of circles.entries()) {
    write(`server/src/query/circle-${index}/here.ts`, [text]);
    const back = text.replace('./there.js', './here.js').replaceAll('ack', 'ere');
    write(`server/src/query/circle-${index}/there.ts`, [back]);
  }
  write('apps/dashboard/src/features/explorer/list.tsx', ['export const list = 1;']);
  write('.oxlintrc.json', [JSON.stringify(importRules(featuresOf(planted)))]);
  const faults = lint();
  // The planted files also import each other, which is not tested here.
  found = placesOf(faults.filter(({ code }) => code !== CIRCLE));
  inCircles = placesOf(faults.filter(({ code }) => code === CIRCLE));
});

afterAll(() => fs.rmSync(planted, { recursive: true }));

describe.each(rooms)('in $file', ({ file, forbidden, allowed }) => {
  const linesOf = (from: string) => {
    const n = [...forbidden, ...allowed].indexOf(from);
    return { usual: forms.map((form) => form(from, n)), typeImport: typeImport(from, n) };
  };
  const refused = (lines: string[]) => lines.filter((line) => isFound(file, line));

  test.each(forbidden)('%s is refused in every form of import', (from) => {
    const lines = linesOf(from);
    expect(refused([...lines.usual, lines.typeImport])).toEqual([...lines.usual, lines.typeImport]);
  });

  test.each(allowed)('%s is allowed', (from) => {
    expect(refused(linesOf(from).usual)).toEqual([]);
  });
});

test.each(circles.map(([form], index) => [form, index] as const))(
  'two files that import %s of each other are refused',
  (_form, index) => {
    const folder = `server/src/query/circle-${index}`;
    expect([...inCircles]).toEqual(
      expect.arrayContaining([`${folder}/here.ts:1`, `${folder}/there.ts:1`]),
    );
  },
);

test('a folder of the server without a rule is named', () => {
  fs.mkdirSync(path.join(planted, 'server/src/attic'));

  expect(foldersWithoutRules(planted)).toEqual(['server/src/attic']);
});

function isFound(file: string, line: string): boolean {
  const lines = fs.readFileSync(path.join(planted, file), 'utf8').split('\n');
  return found.has(`${file}:${lines.indexOf(line) + 1}`);
}

function write(file: string, lines: string[]): void {
  const full = path.join(planted, file);
  fs.mkdirSync(path.dirname(full), { recursive: true });
  fs.writeFileSync(full, lines.join('\n'));
}

interface Fault {
  file: string;
  line: number;
  code: string;
}

function placesOf(faults: Fault[]): Set<string> {
  return new Set(faults.map(({ file, line }) => `${file}:${line}`));
}

interface Diagnostic {
  code: string;
  filename: string;
  labels: { span: { line: number } }[];
}

function lint(): Fault[] {
  let output: string;
  try {
    output = execFileSync(process.execPath, [oxlint, '-f', 'json', '.'], {
      cwd: planted,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
  } catch (error) {
    output = (error as { stdout: string }).stdout;
  }
  const { diagnostics } = JSON.parse(output) as { diagnostics: Diagnostic[] };
  return diagnostics.flatMap(({ code, filename, labels }) =>
    labels.map(({ span }) => ({ code, file: path.normalize(filename), line: span.line })),
  );
}
