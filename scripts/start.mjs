import { prepare } from './prepare.mjs';
import { demo } from './demo.mjs';
import { becomeServer } from './server-process.mjs';

const HELP = `npm start [-- options of the server's start]
  Installs and builds what has changed, then runs X-Ray in the foreground.
npm run demo
  The same on a data directory of its own (.xray-demo, or XRAY_DATA_DIR, or DATABASE_URL),
  keeps sending it the decisions of examples/ under the app "demo", and prints a link that opens
  the dashboard signed in.
Settings come from the environment and .env: see README.md.
`;

const WITHOUT_TOOLS = { withTools: false };
const args = process.argv.slice(2);

if (args.includes('--help') || args.includes('-h')) process.stdout.write(HELP);
else if (args.includes('--demo')) {
  process.exitCode = (await prepare(undefined, WITHOUT_TOOLS))
    ? await demo(args.filter((arg) => arg !== '--demo'))
    : 1;
} else if (await prepare(['core', 'sdk', 'server', 'dashboard'], WITHOUT_TOOLS)) {
  await becomeServer(['start', ...args]);
} else process.exitCode = 1;
