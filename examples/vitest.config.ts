import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    // By default vitest leaves one core free. On two cores that is half of the machine.
    maxWorkers: '100%',
  },
});
