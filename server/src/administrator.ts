import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import type { ErrorBody, ErrorDetail } from '@xray/core';
import type { Config } from './config.js';
import { DataDirInUseError, holderOf } from './data-dir.js';
import type { Backend } from './main.js';

/** A call that the server refused, in its own words. */
export class AdministratorError extends Error {
  readonly details: ErrorDetail[];

  constructor(message: string, details: ErrorDetail[] = []) {
    super(message);
    this.name = 'AdministratorError';
    this.details = details;
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
  /** Posts bytes of a type and resolves with the answer's JSON. */
  send<Answer>(path: string, type: string, bytes: Uint8Array): Promise<Answer>;
  /** Resolves with the answer as it comes; the stream fails when the answer breaks off. */
  download(path: string): Promise<Readable>;
}

/**
 * Runs `use` with the API as administrator, always through a socket that only this user can open: the
 * one of the process that has the data directory in use, else one of a backend opened for this call.
 */
export async function withAdministrator<T>(
  config: Config,
  use: (administrator: Administrator) => Promise<T>,
): Promise<T> {
  const { database } = config;
  const holder = database.kind === 'pglite' ? await holderOf(database.dataDir) : undefined;
  if (holder !== undefined) return await use(overSocket(holder));
  // Loading the server takes longer than asking one that runs.
  const { openBackend } = await import('./main.js');
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
  const { createApp } = await import('./app.js');
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
  const ask = async (
    method: string,
    url: string,
    content?: { type: string; bytes: string | Uint8Array },
  ): Promise<IncomingMessage> =>
    await new Promise((resolve, reject) => {
      const req = request({ socketPath, method, path: url, agent: false }, resolve);
      req.once('error', reject);
      if (content !== undefined) req.setHeader('content-type', content.type);
      req.end(content?.bytes);
    });
  return {
    async call<Answer>(method: string, url: string, body?: object, accept: string[] = []) {
      const content = body && { type: 'application/json', bytes: JSON.stringify(body) };
      return await answerOf<Answer>(await ask(method, url, content), accept);
    },
    async send<Answer>(url: string, type: string, bytes: Uint8Array) {
      return await answerOf<Answer>(await ask('POST', url, { type, bytes }), []);
    },
    async download(url) {
      const response = await ask('GET', url);
      // An answer that is not a success is one of JSON, and throws here.
      return isSuccess(response) ? response : await answerOf<never>(response, []);
    },
  };
}

async function answerOf<Answer>(response: IncomingMessage, accept: string[]): Promise<Answer> {
  const answer = (await json(response)) as Answer | ErrorBody;
  if (isSuccess(response)) return answer as Answer;
  const { error } = answer as ErrorBody;
  if (accept.includes(error.code)) return answer as Answer;
  throw new AdministratorError(error.message, error.details);
}

function isSuccess(response: IncomingMessage): boolean {
  return (response.statusCode ?? 0) < 400;
}
