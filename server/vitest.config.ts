import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/postgres-cluster.ts', 'test/support/captured-logs.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Each file starts its own databases. More than two files at a time would only wait for the processor.
    maxWorkers: 2,
    // Loading the server takes a second. With isolation, each file would load it again.
    isolate: false,
    // The tests use the shipped dist/, which Node runs unchanged, with its worker threads.
    server: { deps: { external: [/\/dist\//] } },
  },
});
