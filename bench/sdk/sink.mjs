// One server for all contestants, in its own process. It accepts every post and keeps the bodies. On a request over
// IPC it counts their markers. It counts only then, so that counting does not compete with a measurement.
import { createServer } from 'node:http';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { MARKER } from './workloads.mjs';

let bodies = [];
let requests = 0;
let bytes = 0;

/** LangSmith's client reads this before it sends. The answer selects the endpoint that their service uses. */
const LANGSMITH_INFO = JSON.stringify({
  version: '0.10.0',
  batch_ingest_config: {
    use_multipart_endpoint: true,
    size_limit: 100,
    size_limit_bytes: 20_971_520,
    scale_up_qsize_trigger: 1_000,
    scale_up_nthreads_limit: 16,
    scale_down_nempty_trigger: 4,
  },
});

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    response.setHeader('content-type', 'application/json');
    if (request.method === 'GET') {
      response.end(request.url?.endsWith('/info') ? LANGSMITH_INFO : '{}');
      return;
    }
    requests += 1;
    bytes += body.length;
    const kept = { body, encoding: request.headers['content-encoding'] };
    bodies.push(kept);
    const isXRay = request.url?.endsWith('/executions');
    response.statusCode = isXRay ? 202 : 200;
    response.end(isXRay ? receiptFor(kept) : '{}');
  });
});

/** X-Ray's client accepts only a receipt whose counts add up to the snapshots that it sent. */
function receiptFor(kept) {
  const accepted = plain(kept).toString('latin1').split('\n').length;
  return JSON.stringify({ accepted, duplicates: 0, superseded: 0, rejected: [] });
}

function plain({ body, encoding }) {
  if (encoding === 'gzip') return gunzipSync(body);
  if (encoding === 'br') return brotliDecompressSync(body);
  return encoding === 'deflate' ? inflateSync(body) : body;
}

process.on('message', () => {
  const seen = new Set();
  for (const kept of bodies) {
    for (const [marker] of plain(kept).toString('latin1').matchAll(MARKER)) seen.add(marker);
  }
  process.send?.({ markers: seen.size, requests, bytes });
  bodies = [];
  requests = 0;
  bytes = 0;
});
process.on('disconnect', () => process.exit());

server.listen(0, '127.0.0.1', () => process.send?.(server.address()));
