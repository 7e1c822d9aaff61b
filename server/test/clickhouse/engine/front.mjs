// ClickHouse's HTTP interface on the engine in this process, for tests and development. It serves the official
// client: a statement in the body or in `query`, data behind it, settings and `param_*` in the URL.
//   node front.mjs DIRECTORY [PORT]   prints its address, and ends when its standard input ends.
import http from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Session } from 'chdb';

const [directory, port = '0'] = process.argv.slice(2);
if (directory === undefined) throw new Error('name a directory for the data');

/** Only a server has these settings. */
const HTTP_ONLY = new Set([
  'cancel_http_readonly_queries_on_client_close',
  'enable_http_compression',
  'http_headers_progress_interval_ms',
  'send_progress_in_http_headers',
  'wait_end_of_query',
]);
const NOT_SETTINGS = new Set(['database', 'query', 'query_id', 'default_format', 'session_id']);

// One connection stays open, because the engine ends with the last one.
const held = new Session(directory);

/** Settings and parameters belong to a connection, so each request has a connection of its own. */
async function run(url, body) {
  const session = new Session(directory);
  try {
    const given = [...url.searchParams].filter(
      ([name]) => !NOT_SETTINGS.has(name) && !HTTP_ONLY.has(name),
    );
    const settings = given.map(([name, value]) => `SET ${identifier(name)} = ${quoted(value)}`);
    const database = identifier(url.searchParams.get('database') ?? 'default');
    await session.queryAsync([`USE ${database}`, ...settings].join('; '));
    const query = url.searchParams.get('query');
    const statement = query === null ? body : `${query}\n${body}`;
    const format = url.searchParams.get('default_format') ?? 'TabSeparated';
    return (await session.queryAsync(statement, { format })).bytes();
  } finally {
    session.close();
  }
}

function identifier(name) {
  if (!/^\w+$/.test(name)) throw new Error(`Code: 62. DB::Exception: not a name: ${name}`);
  return name;
}

function quoted(value) {
  return `'${value.replace(/[\\']/g, '\\$&')}'`;
}

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const isPacked = request.headers['content-encoding'] === 'gzip';
  return (isPacked ? await promisify(gunzip)(bytes) : bytes).toString();
}

// A list of ids is in the URL, which Node counts as a header.
const server = http.createServer({ maxHeaderSize: 16 * 1024 * 1024 }, async (request, response) => {
  const url = new URL(request.url ?? '/', 'http://front');
  if (url.pathname === '/ping') {
    response.end('Ok.\n');
    return;
  }
  try {
    response.end(await run(url, await bodyOf(request)));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const [, code = '0'] = /Code: (\d+)/.exec(message) ?? [];
    response.writeHead(code === '0' ? 500 : 400, { 'X-ClickHouse-Exception-Code': code });
    response.end(message);
  }
});
server.listen(Number(port), '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${server.address().port}\n`);
});

process.stdin.on('end', () => {
  held.close();
  process.exit(0);
});
process.stdin.resume();
