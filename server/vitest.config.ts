import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/postgres-cluster.ts', 'test/support/captured-logs.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Each file starts databases of its own; more than two at once only wait for the processor.
    maxWorkers: 2,
    // Loading the server costs a second of the processor, which each file would pay in a process of its own.
    isolate: false,
    // What ships is what is tested: dist/ runs as Node runs it, with its worker thread beside it.
    server: { deps: { external: [/\/dist\//] } },
  },
});
