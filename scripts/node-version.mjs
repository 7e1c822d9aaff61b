// Every script imports this first, so an old Node fails with this message and not with a syntax error.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `X-Ray needs Node 20.19 or newer; this is Node ${process.versions.node} (${process.execPath}).\n` +
      'Get a current one from https://nodejs.org and run the command again.',
  );
  process.exit(1);
}
