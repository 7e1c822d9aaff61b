import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { json } from 'node:stream/consumers';
import type { ErrorBody } from '@xray/core';
import { createApp } from './app.js';
import { loadConfig, type Config } from './config.js';
import { DataDirInUseError } from './data-dir.js';
import { openBackend, type Backend } from './main.js';

/** A call that the server refused, in its own words. */
export class AdministratorError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'AdministratorError';
  }
}

/** The API with an administrator's rights. */
export interface Administrator {
  /**
   * Resolves with the answer's JSON, also for an error whose code is in `accept`.
   *
   * @throws AdministratorError for any other error.
   */
  call<Answer>(method: string, path: string, body?: object, accept?: string[]): Promise<Answer>;
}

/** `withAdministrator` by the settings of this process: what a command of the CLI runs in. */
export async function asAdministrator<T>(
  use: (administrator: Administrator) => Promise<T>,
): Promise<T> {
  return await withAdministrator(loadConfig(process.env), use);
}

/**
 * Runs `use` with the API as administrator, always through a socket that only this user can open: the
 * one of the process that has the data directory in use, else one of a backend opened for this call.
 */
async function withAdministrator<T>(
  config: Config,
  use: (administrator: Administrator) => Promise<T>,
): Promise<T> {
  let backend: Backend;
  try {
    backend = await openBackend(config);
  } catch (error) {
    if (error instanceof DataDirInUseError) return await use(overSocket(error.socketPath));
    throw error;
  }
  try {
    if (backend.lock !== undefined) return await use(overSocket(backend.lock.socketPath));
    return await overPrivateSocket(backend, use);
  } finally {
    await backend.close();
  }
}

async function overPrivateSocket<T>(
  { deps }: Backend,
  use: (administrator: Administrator) => Promise<T>,
): Promise<T> {
  // mkdtemp makes the folder for this user alone.
  const folder = await mkdtemp(path.join(tmpdir(), 'xray-'));
  const socketPath = path.join(folder, 'xray.sock');
  const server = createServer(createApp(deps, 'socket'));
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  try {
    return await use(overSocket(socketPath));
  } finally {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    await rm(folder, { recursive: true, force: true });
  }
}

function overSocket(socketPath: string): Administrator {
  return {
    async call<Answer>(method: string, url: string, body?: object, accept: string[] = []) {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        const req = request({ socketPath, method, path: url, agent: false }, resolve);
        req.once('error', reject);
        if (body !== undefined) req.setHeader('content-type', 'application/json');
        req.end(body === undefined ? undefined : JSON.stringify(body));
      });
      const answer = (await json(response)) as Answer | ErrorBody;
      if ((response.statusCode ?? 0) < 400) return answer as Answer;
      const { error } = answer as ErrorBody;
      if (accept.includes(error.code)) return answer as Answer;
      throw new AdministratorError(error.message);
    },
  };
}
