import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: [
    'src/index.ts',
    'src/spool.ts',
    'src/spool-web.ts',
    'src/express.ts',
    'src/ai.ts',
    'src/replay.ts',
    'src/replay-web.ts',
    'src/platform-node.ts',
    'src/platform-web.ts',
  ],
  format: ['esm', 'cjs'],
  platform: 'neutral',
  target: 'es2022',
  dts: true,
  deps: { neverBundle: [/^node:/, '#platform'] },
  fixedExtension: false,
  outputOptions: { exports: 'named' },
});
