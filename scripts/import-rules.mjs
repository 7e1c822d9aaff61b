import './node-version.mjs';
import fs from 'node:fs';
import path from 'node:path';

/**
 * The import rules of docs/architecture.md, as an oxlint configuration: one override for each part, and one
 * for each feature of the dashboard. So a new feature gets its rule without being listed here.
 *
 * In oxlint the last override of a rule wins. So each file is in a single override, and each override is
 * complete.
 *
 * @param {string[]} features folders of apps/dashboard/src/features
 */
export function importRules(features) {
  return {
    plugins: ['typescript', 'import'],
    categories: { correctness: 'off' },
    ignorePatterns: [
      '**/dist/**',
      '**/out/**',
      '**/out-apart/**',
      '**/.next/**',
      '**/node_modules/**',
    ],
    // `import('x').T` is the only form that no-restricted-imports does not find.
    rules: {
      'typescript/consistent-type-imports': 'error',
      // Cycles of types count as well: files that need each other's types cannot be read one after the
      // other.
      'import/no-cycle': ['error', { ignoreTypes: false }],
    },
    overrides: [
      ...packageRooms,
      ...serverRooms(),
      ...dashboardRooms(features),
      // The SDK still has cycles of types.
      { files: ['packages/xray-sdk/src/**'], rules: { 'import/no-cycle': 'off' } },
    ],
  };
}

/** @param {string} root of the clone */
export function featuresOf(root) {
  const folder = path.join(root, 'apps', 'dashboard', 'src', 'features');
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/**
 * Finds folders of server/src without a rule. A new folder must first get its place in the direction of
 * imports.
 *
 * @param {string} root of the clone
 */
export function foldersWithoutRules(root) {
  const rules = serverRooms().flatMap(({ files }) => files);
  return fs
    .readdirSync(path.join(root, 'server', 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !rules.includes(`server/src/${entry.name}/**`))
    .map(({ name }) => `server/src/${name}`);
}

const OUTSIDE = {
  regex:
    '^\\.\\.?/(.*/)?((packages|server|apps|examples|bench|e2e|node_modules)/|[^/]+/(src|dist)/)',
  message: 'Import another package by its name.',
};

/** Allows only the named packages, with any path inside them. */
function only(allowed, message) {
  const kept = allowed.flatMap((name) => [`!${name}`, `!${name}/**`]);
  return { group: ['**', '!./**', '!../**', ...kept], message };
}

function room(files, patterns, excludeFiles = []) {
  const rules = { 'no-restricted-imports': ['error', { patterns: [OUTSIDE, ...patterns] }] };
  return excludeFiles.length > 0 ? { files, excludeFiles, rules } : { files, rules };
}

const packageRooms = [
  room(
    ['packages/core/src/**'],
    [only(['zod', 'lossless-json'], 'core imports zod, lossless-json and nothing else.')],
  ),
  room(
    ['packages/otlp/src/**'],
    [only(['protobufjs', '@xray/core'], 'otlp imports protobufjs and core; it does no I/O.')],
  ),
  room(
    ['packages/proof/src/**'],
    [
      only(
        [],
        'The verifier imports nothing, so that it runs in browsers and can be read as a whole.',
      ),
    ],
    ['packages/proof/src/node/**'],
  ),
  room(
    ['packages/proof/src/node/**'],
    [only(['node:*'], 'The command of the verifier imports modules of Node only.')],
  ),
  room(
    ['packages/replay/src/**'],
    [
      only(
        ['node:*', 'commander', '@xray/core', '@xray/sdk'],
        'replay imports core, the SDK and commander.',
      ),
    ],
  ),
  room(
    ['packages/xray-sdk/src/**'],
    [only(['node:*', '#platform'], 'The SDK has no dependencies, not even core.')],
  ),
  room(
    ['examples/**'],
    [only(['node:*', '@xray/sdk'], 'An example imports the SDK only, as its readers will.')],
    ['examples/test/**', 'examples/*.config.ts', 'examples/**/xray.replay.mjs'],
  ),
];

/** Patterns for paths into these folders or files of server/src, by `#server/` or relative. */
function serverPaths(names, message) {
  return { regex: `^(#server|\\.\\.?)/(.*/)?(${names.join('|')})(/|\\.js$)`, message };
}

function serverRooms() {
  const foreign = {
    regex: '^@xray/(?:sdk|replay|dashboard|server|examples)(/|$)',
    message: 'The server imports core, otlp and proof, and no other package of this repository.',
  };
  const packages = {
    regex: `${foreign.regex}|^(kysely|pg|@clickhouse/client)(/|$)`,
    message: `${foreign.message} Each engine keeps its client: kysely and pg in postgres/, @clickhouse/client in clickhouse/.`,
  };
  const noClient = (names, owner) => ({
    regex: `^(${names})(/|$)`,
    message: `Only ${owner}/ imports its client.`,
  });
  const engines = serverPaths(
    ['postgres', 'clickhouse'],
    'Only where the server is put together (main, restore) names an engine.',
  );
  const express = {
    regex: '^express(/|$)',
    message: 'Only app, routes, auth and errors know Express.',
  };
  const not = (...names) =>
    serverPaths(
      names,
      'Against the direction main -> app -> routes -> ingest|query|auth -> store.',
    );
  const top = ['main', 'cli', 'app'];
  const rooms = ['routes', 'ingest', 'query', 'auth', 'upkeep'];
  const notRooms = (...allowed) => not(...top, ...rooms.filter((name) => !allowed.includes(name)));
  const src = 'server/src';
  return [
    // The contracts of both stores.
    room(
      [`${src}/store/**`],
      [
        { regex: '^(#server|\\.\\.)/', message: 'The contracts of the stores import core only.' },
        only(
          ['@xray/core', '@xray/proof', 'pino', 'prom-client'],
          'The contracts of the stores import core only.',
        ),
      ],
    ),
    room(
      [`${src}/postgres/**`],
      [
        foreign,
        noClient('@clickhouse/client', 'clickhouse'),
        serverPaths(['clickhouse'], 'An engine does not know the other one.'),
        express,
        notRooms(),
      ],
    ),
    room(
      [`${src}/clickhouse/**`],
      [
        foreign,
        noClient('kysely|pg', 'postgres'),
        serverPaths(['postgres'], 'An engine does not know the other one.'),
        express,
        notRooms(),
      ],
    ),
    room([`${src}/ingest/**`], [packages, express, engines, notRooms('ingest')]),
    // The content of a snapshot's text, wherever it comes from: a request, an import, or the store.
    room([`${src}/records/**`], [packages, express, engines, notRooms()]),
    // The logs of seals. A job and the routes call it.
    room([`${src}/proof/**`], [packages, express, engines, notRooms()]),
    room([`${src}/query/**`], [packages, express, engines, notRooms('query')]),
    // The encoding of the search index. It knows bytes, but not where they are stored.
    room([`${src}/segments/**`], [packages, express, notRooms(), not('store')]),
    room([`${src}/letters/**`], [packages, express, notRooms(), not('store')]),
    // Long computations, which need only their input and can run in a thread.
    room([`${src}/threads/**`], [packages, express, engines, notRooms()]),
    // Background work, and work over many executions. Both use ingest and queries.
    room([`${src}/upkeep/**`], [packages, express, engines, notRooms('upkeep', 'ingest', 'query')]),
    room([`${src}/auth/**`], [packages, engines, notRooms('auth')], [`${src}/auth/better-auth.ts`]),
    // Better Auth reads its tables by itself, with the connection that it is handed.
    room([`${src}/auth/better-auth.ts`], [packages, notRooms('auth')]),
    room([`${src}/routes/**`], [packages, engines, not(...top)]),
    room([`${src}/cli/**`], [packages, express, engines, not('main', 'app', 'routes', 'ingest')]),
    room([`${src}/app.ts`], [packages, engines, not('main', 'cli')]),
    room([`${src}/errors.ts`], [packages, engines, notRooms()]),
    room(
      [`${src}/config.ts`],
      [
        packages,
        express,
        engines,
        notRooms('auth'),
        serverPaths(['store'], 'Settings open nothing.'),
      ],
    ),
    room([`${src}/main.ts`, `${src}/restore.ts`], [packages, express]),
    room(
      [`${src}/*.ts`],
      [packages, express, engines],
      [
        `${src}/app.ts`,
        `${src}/errors.ts`,
        `${src}/config.ts`,
        `${src}/main.ts`,
        `${src}/restore.ts`,
      ],
    ),
  ];
}

function dashboardRooms(features) {
  const src = 'apps/dashboard/src';
  const packages = {
    regex: '^(node:|@xray/(sdk|server|examples)(/|$)|(express|pg|kysely|pino)(/|$))',
    message: 'The dashboard imports core and runs in a browser: no Node, no server, no SDK.',
  };
  const upwards = {
    regex: '^(@|\\.\\.?(/.*)?)/(features|app)/',
    message: 'What features share knows none of them.',
  };
  const routes = {
    regex: '^(@|\\.\\.?(/.*)?)/app/',
    message: 'Routes import features, never the other way round.',
  };
  return [
    room([`${src}/app/**`], [packages]),
    room([`${src}/components/**`, `${src}/lib/**`], [packages, upwards]),
    ...features.map((feature) => {
      const others = features.filter((name) => name !== feature);
      const siblings = {
        regex: `^(@|\\.\\.?(/.*)?)/(features/)?(${others.join('|')})(/|$)`,
        message: 'Features never import each other: move what is shared to components or lib.',
      };
      return room(
        [`${src}/features/${feature}/**`],
        others.length > 0 ? [packages, routes, siblings] : [packages, routes],
      );
    }),
  ];
}
