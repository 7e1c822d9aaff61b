import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    // vitest would leave a core to itself: on two that is half of the machine.
    maxWorkers: '100%',
  },
});
