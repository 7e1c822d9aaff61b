import { fileURLToPath } from 'node:url';

import { defineConfig } from 'vitest/config';

import { ENTRIES } from './entries.mjs';

/** vitest takes the first name that fits, so the root of the package is last. */
const sources = Object.fromEntries(
  ENTRIES.toReversed().map(({ name, source }) => [
    name === 'index' ? '@xray/sdk' : `@xray/sdk/${name}`,
    fileURLToPath(new URL(source, import.meta.url)),
  ]),
);

export default defineConfig({
  resolve: {
    alias: {
      '#platform': fileURLToPath(new URL('src/platform-node.ts', import.meta.url)),
      ...sources,
      '@xray/core': fileURLToPath(new URL('../core/src/index.ts', import.meta.url)),
    },
  },
  test: {
    include: ['test/**/*.test.ts'],
    // matrix.test.ts runs these in projects of their own, because their libraries are not installed here.
    exclude: ['test/full/**'],
    testTimeout: 20_000,
    // vitest would leave a core to itself: on two that is half of the machine.
    maxWorkers: '100%',
  },
});
