import { defineConfig } from 'vitest/config';

/** A suite with one passing test, whose server logs a planted secret. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['leaks.ts'],
    testTimeout: 60_000,
    globalSetup: ['../captured-logs.ts'],
    server: { deps: { external: [/\/dist\//] } },
  },
});
