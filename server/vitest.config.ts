import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/postgres-cluster.ts', 'test/support/captured-logs.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Each file starts databases of its own; more than two at once only wait for the processor.
    maxWorkers: 2,
    // What ships is what is tested: dist/ runs as Node runs it, with its worker thread beside it.
    server: { deps: { external: [/\/dist\//] } },
  },
});
