import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // By default vitest leaves one core free, which is half of a machine with two cores.
    maxWorkers: '100%',
  },
});
