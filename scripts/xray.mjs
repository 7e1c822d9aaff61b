import { prepare } from './prepare.mjs';
import { becomeServer } from './server-process.mjs';

// `npm run xray -- keys list --json`: the server's CLI, built first if needed. Messages of the preparation
// go to stderr, so stdout has only the CLI's answer.
if (await prepare(['core', 'server'], { withTools: false })) {
  await becomeServer(process.argv.slice(2));
} else process.exitCode = 1;
