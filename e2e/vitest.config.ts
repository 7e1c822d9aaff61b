import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Each story has a server and a browser of its own, which wait for each other as often as they work: two at
    // once keep two cores busy, more would starve each other.
    maxWorkers: 2,
    // A worker keeps its browser from file to file; each story has a context of its own in it.
    isolate: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
