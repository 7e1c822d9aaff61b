import { createHash, randomBytes } from 'node:crypto';
import { chmod, link, mkdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Another process works in this data directory; its socket may be asked instead. */
export class DataDirInUseError extends Error {
  readonly socketPath: string;

  constructor(dataDir: string, socketPath: string) {
    super(
      `The data directory ${dataDir} is in use by another X-Ray that is running. ` +
        'Stop it first, or give this one a directory of its own with XRAY_DATA_DIR.',
    );
    this.name = 'DataDirInUseError';
    this.socketPath = socketPath;
  }
}

/** The hold on a data directory: a socket in it, which the kernel lets go when the process dies. */
export interface DataDirLock {
  socketPath: string;
  /** Serves what comes through the socket; until then it answers 503. */
  serve(listener: RequestListener): void;
  release(): Promise<void>;
}

/** Longer paths than this cannot be bound to (sun_path of unix(7), less some for the name beside it). */
const MAX_SOCKET_PATH = 90;

/**
 * Takes hold of a data directory, which is made when it is missing. A socket left by a killed process
 * is taken over.
 *
 * @throws DataDirInUseError when a live process holds it.
 */
export async function lockDataDir(dataDir: string): Promise<DataDirLock> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const socketPath = await socketPathOf(dataDir);
  const { server, handler } = socketServer();
  if (!(await listen(server, socketPath))) {
    if (!(await removeIfStale(socketPath)) || !(await listen(server, socketPath))) {
      throw new DataDirInUseError(dataDir, socketPath);
    }
  }
  await chmod(socketPath, 0o600);
  return {
    socketPath,
    serve(listener) {
      handler.current = listener;
    },
    async release() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      await rm(socketPath, { force: true });
    },
  };
}

/** The socket of the process that holds a data directory; undefined where none does. */
export async function holderOf(dataDir: string): Promise<string | undefined> {
  const socketPath = await socketPathOf(dataDir).catch(() => undefined);
  return socketPath !== undefined && (await isAnswering(socketPath)) ? socketPath : undefined;
}

/** The secret that is kept beside the database, made the first time. The caller holds the lock. */
export async function authSecretIn(dataDir: string): Promise<string> {
  const file = path.join(dataDir, 'auth-secret');
  const kept = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (kept !== undefined) return kept;
  const made = randomBytes(32).toString('base64url');
  // Renamed into place, so that a start killed in the middle leaves no half of a secret behind.
  await writeFile(`${file}.partial`, made, { mode: 0o600 });
  await rename(`${file}.partial`, file);
  return made;
}

async function socketPathOf(dataDir: string): Promise<string> {
  const real = await realpath(dataDir);
  const inside = path.join(real, 'xray.sock');
  if (inside.length <= MAX_SOCKET_PATH) return inside;
  const name = createHash('sha256').update(real).digest('hex').slice(0, 24);
  return path.join(tmpdir(), `xray-${name}.sock`);
}

function socketServer(): { server: Server; handler: { current: RequestListener } } {
  const handler: { current: RequestListener } = {
    current: (_req, res) => {
      res.writeHead(503, { 'content-type': 'application/json', 'retry-after': '1' });
      res.end('{"error":{"code":"unavailable","message":"X-Ray is starting.","requestId":""}}');
    },
  };
  return { server: createServer((req, res) => handler.current(req, res)), handler };
}

/** False when there is something at the path already. */
async function listen(server: Server, socketPath: string): Promise<boolean> {
  return await new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    };
    server.once('error', failed);
    server.listen(socketPath, () => {
      server.off('error', failed);
      resolve(true);
    });
  });
}

/**
 * Removes a socket that nobody answers at. It is moved aside before it is asked a last time, since one
 * that another process bound in between would otherwise be removed alive.
 */
async function removeIfStale(socketPath: string): Promise<boolean> {
  if (await isAnswering(socketPath)) return false;
  const aside = `${socketPath}.${process.pid}`;
  try {
    await rename(socketPath, aside);
  } catch {
    return true;
  }
  const alive = await isAnswering(aside);
  if (alive) await link(aside, socketPath).catch(() => {});
  await rm(aside, { force: true });
  return !alive;
}

async function isAnswering(socketPath: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
