import { defineConfig } from 'tsdown';

import { SOURCES } from './entries.mjs';

export default defineConfig({
  entry: SOURCES,
  format: ['esm', 'cjs'],
  platform: 'neutral',
  target: 'es2022',
  dts: true,
  deps: { neverBundle: [/^node:/, '#platform'] },
  fixedExtension: false,
  outputOptions: { exports: 'named' },
});
