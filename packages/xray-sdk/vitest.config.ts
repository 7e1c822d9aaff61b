import { fileURLToPath } from 'node:url';

import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    alias: {
      '#platform': fileURLToPath(new URL('src/platform-node.ts', import.meta.url)),
      '@xray/sdk/ai': fileURLToPath(new URL('src/ai.ts', import.meta.url)),
      '@xray/sdk/express': fileURLToPath(new URL('src/express.ts', import.meta.url)),
      '@xray/sdk/replay': fileURLToPath(new URL('src/replay.ts', import.meta.url)),
      '@xray/sdk/spool': fileURLToPath(new URL('src/spool.ts', import.meta.url)),
      '@xray/sdk': fileURLToPath(new URL('src/index.ts', import.meta.url)),
      '@xray/core': fileURLToPath(new URL('../core/src/index.ts', import.meta.url)),
    },
  },
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    // vitest would leave a core to itself: on two that is half of the machine.
    maxWorkers: '100%',
  },
});
