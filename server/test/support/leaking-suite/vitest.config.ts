import { defineConfig } from 'vitest/config';

/** A suite whose one test passes, while its server logs what a test planted. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['leaks.ts'],
    testTimeout: 60_000,
    globalSetup: ['../captured-logs.ts'],
    server: { deps: { external: [/\/dist\//] } },
  },
});
