import { rm } from 'node:fs/promises';
import { createServer, request, type IncomingMessage } from 'node:http';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { parseJson, printable, type ErrorBody, type ErrorDetail } from '@xray/core';
import { SYSTEM_USER_HEADER, systemUser } from './auth/system-user.js';
import type { Config } from './config.js';
import { DataDirInUseError, newPrivateFolder, withHolder } from './data-dir.js';
import type { Backend } from './main.js';

/** A call that the server refused; the message is the server's. */
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
  /** Sends bytes of a type, by POST unless said otherwise, and resolves with the answer's JSON. */
  send<Answer>(
    path: string,
    type: string,
    bytes: Uint8Array,
    method?: 'POST' | 'PUT',
  ): Promise<Answer>;
  /** Resolves with the answer as a stream. The stream fails if the answer breaks off. */
  download(path: string): Promise<Readable>;
}

/**
 * Runs `use` with the API as administrator, over a socket that only this user can open. It is the
 * socket of the process that uses the data directory. If there is no such process, a backend is
 * opened for this call.
 */
export async function withAdministrator<T>(
  config: Config,
  use: (administrator: Administrator) => Promise<T>,
): Promise<T> {
  const { database } = config;
  if (database.kind === 'postgres') return await withBackend(config, use);
  const answered = await askHolder(database.dataDir, use);
  if (answered !== undefined) return answered.answer;
  try {
    return await withBackend(config, use);
  } catch (error) {
    if (!(error instanceof DataDirInUseError)) throw error;
    // Another process took the directory in between.
    const again = await askHolder(database.dataDir, use);
    if (again === undefined) throw error;
    return again.answer;
  }
}

/** Resolves with undefined when no process uses the data directory. */
async function askHolder<T>(
  dataDir: string,
  use: (administrator: Administrator) => Promise<T>,
): Promise<{ answer: T } | undefined> {
  return await withHolder(dataDir, async (socketPath) =>
    socketPath === undefined ? undefined : { answer: await use(overSocket(socketPath)) },
  );
}

async function withBackend<T>(
  config: Config,
  use: (administrator: Administrator) => Promise<T>,
): Promise<T> {
  // This import comes late because loading the server takes longer than asking a running one.
  const { openBackend } = await import('./main.js');
  const backend = await openBackend(config);
  try {
    return await overPrivateSocket(backend, use);
  } finally {
    await backend.close();
  }
}

async function overPrivateSocket<T>(
  { deps }: Backend,
  use: (administrator: Administrator) => Promise<T>,
): Promise<T> {
  const folder = await newPrivateFolder();
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
      const headers = { [SYSTEM_USER_HEADER]: systemUser() };
      const req = request({ socketPath, method, path: url, agent: false, headers }, resolve);
      req.once('error', reject);
      if (content !== undefined) req.setHeader('content-type', content.type);
      req.end(content?.bytes);
    });
  return {
    async call<Answer>(method: string, url: string, body?: object, accept: string[] = []) {
      const content = body && { type: 'application/json', bytes: JSON.stringify(body) };
      return await answerOf<Answer>(await ask(method, url, content), accept);
    },
    async send<Answer>(
      url: string,
      type: string,
      bytes: Uint8Array,
      method: 'POST' | 'PUT' = 'POST',
    ) {
      return await answerOf<Answer>(await ask(method, url, { type, bytes }), []);
    },
    async download(url) {
      const response = await ask('GET', url);
      // An error answer is JSON. `answerOf` throws it.
      return isSuccess(response) ? response : await answerOf<never>(response, []);
    },
  };
}

async function answerOf<Answer>(response: IncomingMessage, accept: string[]): Promise<Answer> {
  const answer = parseJson(await text(response)) as Answer | ErrorBody;
  if (isSuccess(response)) return answer as Answer;
  const { error } = answer as ErrorBody;
  if (accept.includes(error.code)) return answer as Answer;
  // The message may quote a name that contains line ends.
  throw new AdministratorError(printable(error.message), error.details);
}

function isSuccess(response: IncomingMessage): boolean {
  return (response.statusCode ?? 0) < 400;
}
