import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../../server/dist/cli.js', import.meta.url));

/** `npm test` at the root builds the server first. `npm run build -w server` builds only the server. */
export const isServerBuilt = existsSync(CLI);

/** X-Ray's own server, with its own port and an empty data directory. */
export interface RealServer {
  readonly url: string;
  readonly apiKey: string;
  readonly appId: string;
  stop(): Promise<void>;
}

/** A fixed key, which may also read its records. */
const API_KEY = 'xr_sdk_test_key_of_at_least_32_characters';
const APP = 'sdk-app';
const READY = /^X-Ray is ready: (\S+)$/m;

/** Starts the server unattended, with a fixed app and key. */
export async function startRealServer(): Promise<RealServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'xray-sdk-server-'));
  const server = spawn(process.execPath, [CLI, 'start'], {
    cwd: dataDir,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      DATABASE_URL: '',
      PORT: '0',
      XRAY_DATA_DIR: join(dataDir, 'data'),
      XRAY_INIT_APP_ID: APP,
      XRAY_INIT_API_KEY: API_KEY,
      XRAY_LOG_LEVEL: 'trace',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let logged = '';
  server.stderr.setEncoding('utf8').on('data', (text: string) => (logged += text));
  const ended = new Promise((resolve) => server.once('exit', resolve));
  let printed = '';
  await new Promise<void>((resolve, reject) => {
    server.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      if (READY.test(printed)) resolve();
    });
    void ended.then((code) =>
      reject(new Error(`the server ended with ${String(code)}: ${printed}${logged}`)),
    );
  });
  return {
    url: READY.exec(printed)?.[1] ?? '',
    apiKey: API_KEY,
    appId: APP,
    async stop() {
      server.kill('SIGTERM');
      await ended;
      await rm(dataDir, { recursive: true, force: true });
      // The server's tests search logs for other secrets. Keys must not appear in this log either.
      if (logged.includes('xr_')) throw new Error(`there is a key in the log:\n${logged}`);
    },
  };
}

/** A network between client and server. `isLosing` chooses the requests whose answers are lost. */
export interface BadNetwork {
  readonly endpoint: string;
  readonly receipts: { accepted: number; duplicates: number; superseded: number }[];
  close(): Promise<void>;
}

/** Forwards every request to the server, and breaks the connection instead of returning some answers. */
export async function startBadNetwork(
  target: string,
  isLosing: (requestNumber: number) => boolean,
): Promise<BadNetwork> {
  const receipts: BadNetwork['receipts'] = [];
  const handOn = (from: IncomingMessage, back: ServerResponse): void => {
    const forwarded = request(
      new URL(from.url ?? '/', target),
      { method: from.method, headers: from.headers },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        answer.on('end', () => {
          receipts.push(JSON.parse(text) as BadNetwork['receipts'][number]);
          if (isLosing(receipts.length)) back.destroy();
          else
            back
              .writeHead(answer.statusCode ?? 500, { 'content-type': 'application/json' })
              .end(text);
        });
      },
    );
    from.pipe(forwarded);
  };
  const network = createServer(handOn);
  await new Promise<void>((resolve) => network.listen(0, '127.0.0.1', resolve));
  const { port } = network.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${String(port)}`,
    receipts,
    close: () => {
      network.closeAllConnections();
      return new Promise((resolve) => network.close(() => resolve()));
    },
  };
}
