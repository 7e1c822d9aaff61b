import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hashApiKey } from '#server/auth/api-key.js';
import { createApp } from '#server/app.js';
import { OtlpAssembly } from '#server/ingest/otlp-assembly.js';
import { openBackend } from '#server/main.js';
import type { Deps } from '#server/routes/route.js';
import { TaskThreads } from '#server/threads/task-threads.js';
import { API_KEY, APP, changed, configFor, newPlace, type DriverName } from './databases.js';
import { newKey } from './keys.js';

/** A server whose waiting spans are assembled when a test says so, at a time of the test's choice. */
export interface OtlpServer {
  url: string;
  deps: Deps;
  /** Assembles all that is due so many ms from now. */
  assemble(afterMs: number): Promise<void>;
  /** A call as the command line makes it, with all permissions. */
  ask<T>(method: string, path: string, body: unknown): Promise<T>;
  close(): Promise<void>;
}

export async function otlpServer(driver: DriverName): Promise<OtlpServer> {
  const place = await newPlace(driver);
  const backend = await openBackend(configFor(place));
  const { deps } = backend;
  const first = newKey({ app: APP, hash: hashApiKey(API_KEY), scopes: ['ingest', 'read'] }).row;
  await changed(deps.accounts, (edits) => edits.initialize({ id: APP, name: APP }, first));
  const http = createServer(createApp(deps, 'network'));
  const url = await listening(http);
  const socket = createServer(createApp(deps, 'socket'));
  const socketUrl = await listening(socket);
  const threads = new TaskThreads(1);
  return {
    url,
    deps,
    async assemble(afterMs) {
      const at = Date.now() + afterMs;
      const assembly = new OtlpAssembly({
        waiting: deps.accounts.waiting,
        executions: deps.executions,
        metrics: deps.otlpMetrics,
        settings: deps.otlpSettings,
        logger: deps.logger,
        threads,
        now: () => at,
      });
      let took = 1;
      while (took > 0) took = await assembly.run();
    },
    async ask<T>(method: string, path: string, body: unknown): Promise<T> {
      const response = await fetch(`${socketUrl}${path}`, {
        method,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      if (!response.ok) throw new Error(await response.text());
      return (await response.json()) as T;
    },
    async close() {
      await new Promise((done) => http.close(done));
      await new Promise((done) => socket.close(done));
      await threads.close();
      await backend.close();
      await place.remove();
    },
  };
}

async function listening(http: Server): Promise<string> {
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

/** One request of an exporter. */
export async function postOtlp(
  url: string,
  path: string,
  body: string | Uint8Array,
  headers: Record<string, string> = {},
): Promise<Response> {
  return await fetch(`${url}${path}`, {
    method: 'POST',
    headers: {
      'x-api-key': API_KEY,
      'content-type': typeof body === 'string' ? 'application/json' : 'application/x-protobuf',
      ...headers,
    },
    body: typeof body === 'string' ? body : Buffer.from(body),
  });
}

/** A request in JSON with one span for each of the given. */
export function spansText(
  ...spans: { trace: string; id: string; parent?: string; attributes?: Record<string, string> }[]
): string {
  const plain = spans.map(({ trace, id, parent, attributes = {} }) => ({
    traceId: trace.padStart(32, '0'),
    spanId: id.padStart(16, '0'),
    ...(parent !== undefined && { parentSpanId: parent.padStart(16, '0') }),
    name: `span ${id}`,
    startTimeUnixNano: '1796050385401000000',
    endTimeUnixNano: '1796050385545000000',
    attributes: Object.entries(attributes).map(([key, stringValue]) => ({
      key,
      value: { stringValue },
    })),
  }));
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: plain }] }] });
}
