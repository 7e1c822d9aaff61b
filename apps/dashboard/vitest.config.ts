import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Numbers are written in the machine's locale: tests run in one, wherever they run.
process.env['LC_ALL'] = 'en_US.UTF-8';

export default defineConfig({
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  test: {
    environment: 'node',
    include: ['test/**/*.test.ts'],
    // vitest would leave a core to itself: on two that is half of the machine.
    maxWorkers: '100%',
  },
});
