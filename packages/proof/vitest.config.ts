import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // vitest would leave a core to itself: on two that is half of the machine.
    maxWorkers: '100%',
  },
});
