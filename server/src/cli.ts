#!/usr/bin/env node
import { main } from './commands.js';

// The reader of a pipe, such as `head`, may close it early.
process.stdout.once('error', () => process.exit(1));
process.exitCode = await main(process.argv.slice(2), process);
