import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Each story has its own server and browser, which often wait for each other. Two stories at once keep
    // two cores busy; more would slow each other down.
    maxWorkers: 2,
    // A worker keeps its browser for all its files. Each story has its own browser context.
    isolate: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
