/**
 * The entries of the package: its root (`index`), and a subpath for each other name. package.json's `exports`, the
 * build, the tests and the API reference follow this list. `node exports.mjs` writes what cannot import it.
 *
 * @typedef {object} Entry
 * @property {string} name
 * @property {string} source
 * @property {string} [web] The source for browsers and edge runtimes, if they need another one.
 */

/** @param {string} name @returns {Entry} */
const adapter = (name) => ({ name, source: `src/adapters/${name}.ts` });

/** @type {Entry[]} */
export const ENTRIES = [
  { name: 'index', source: 'src/index.ts' },
  { name: 'spool', source: 'src/spool.ts', web: 'src/spool-web.ts' },
  { name: 'express', source: 'src/express.ts' },
  { name: 'ai', source: 'src/ai.ts' },
  { name: 'replay', source: 'src/replay.ts', web: 'src/replay-web.ts' },
  adapter('json-rules-engine'),
  adapter('zen'),
  adapter('openfeature'),
  adapter('opa'),
  adapter('dmn'),
  ...[
    'fastify',
    'hono',
    'next',
    'nest',
    'bullmq',
    'graphile-worker',
    'lambda',
    'workers',
    'langchain',
  ].map(adapter),
];

/** The sources of the build, by the name of their output. */
export const SOURCES = Object.fromEntries([
  ...ENTRIES.flatMap(({ name, source, web }) => [
    [name, source],
    ...(web === undefined ? [] : [[`${name}-web`, web]]),
  ]),
  ['platform-node', 'src/platform-node.ts'],
  ['platform-web', 'src/platform-web.ts'],
]);
