import { prepare } from './prepare.mjs';
import { becomeServer } from './server-process.mjs';

// `npm run xray -- keys list --json`: the server's CLI, built when it has to be. Whatever preparing
// has to say goes to stderr, so that stdout holds the CLI's answer alone.
if (await prepare(['core', 'server'])) await becomeServer(process.argv.slice(2));
else process.exitCode = 1;
