import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Numbers are formatted in the machine's locale. Tests always use this one.
process.env['LC_ALL'] = 'en_US.UTF-8';

export default defineConfig({
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  test: {
    environment: 'node',
    include: ['test/**/*.test.ts'],
    // By default vitest leaves one core free, which is half of a machine with two cores.
    maxWorkers: '100%',
  },
});
