// Packs the built SDK as packages/xray-sdk/out/xray-sdk.tgz, which the server serves. Programs install it
// with `npm install http://…/sdk/xray-sdk.tgz` until the package is published.
import fs from 'node:fs';
import path from 'node:path';
import { root } from './parts.mjs';
import { run } from './run.mjs';

const folder = path.join(root, 'packages', 'xray-sdk');
const out = path.join(folder, 'out');

fs.rmSync(out, { recursive: true, force: true });
fs.mkdirSync(out);
const { code, output } = await run(
  'npm',
  ['pack', '--ignore-scripts', '--silent', '--pack-destination', out],
  { cwd: folder },
);
const [packed] = fs.readdirSync(out);
if (code === 0 && packed !== undefined) {
  fs.renameSync(path.join(out, packed), path.join(out, 'xray-sdk.tgz'));
} else {
  process.stderr.write(output);
  process.exitCode = 1;
}
