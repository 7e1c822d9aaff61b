import { randomBytes } from 'node:crypto';
import {
  chmod,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  realpath,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Another process uses this data directory; its socket can be asked instead. */
export class DataDirInUseError extends Error {
  constructor(dataDir: string) {
    super(
      `The data directory ${dataDir} is in use by another running X-Ray.` +
        'Stop it first, or choose another directory with XRAY_DATA_DIR.',
    );
    this.name = 'DataDirInUseError';
  }
}

/** The socket of a data directory was made by another user of the machine, so nothing is sent to it. */
export class UntrustedSocketError extends Error {
  constructor(socketPath: string, uid: number) {
    super(
      `The socket ${socketPath} belongs to another user (uid ${uid}), so X-Ray does not use it. ` +
        'If you run no X-Ray there, delete the socket and make the directory writable only for you.',
    );
    this.name = 'UntrustedSocketError';
  }
}

/** The lock on a data directory: a socket in it, which the kernel closes when the process dies. */
export interface DataDirLock {
  /** Name of the socket in the data directory. */
  socketName: string;
  /** Serves requests over the socket. Before this call the socket answers 503. */
  serve(listener: RequestListener): void;
  release(): Promise<void>;
}

const SOCKET_NAME = 'xray.sock';
/** A longer path cannot be bound or connected to (`sun_path` in unix(7); 104 bytes on macOS). */
const MAX_SOCKET_PATH_BYTES = 100;
/** This leaves room for a new directory, the link in it and the socket's name. */
const MAX_TMPDIR_BYTES = 60;

/**
 * Locks a data directory, and creates it if it is missing. A socket that a killed process left is
 * replaced.
 *
 * @throws DataDirInUseError when a live process holds it.
 * @throws UntrustedSocketError when its socket belongs to another user.
 */
export async function lockDataDir(dataDir: string): Promise<DataDirLock> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const folder = await realpath(dataDir);
  const socketPath = path.join(folder, SOCKET_NAME);
  const { server, handler } = socketServer();
  await withShortPath(folder, async (short) => {
    const address = path.join(short, SOCKET_NAME);
    if (await listen(server, address)) return;
    await refuseForeign(socketPath);
    if (!(await removeIfStale(folder, short)) || !(await listen(server, address))) {
      throw new DataDirInUseError(dataDir);
    }
  });
  await chmod(socketPath, 0o600);
  return {
    socketName: SOCKET_NAME,
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

/**
 * Runs `use` with the path of the socket on which the owner of the lock listens, or with undefined
 * if no process holds the lock.
 *
 * @throws UntrustedSocketError when the socket belongs to another user.
 */
export async function withHolder<T>(
  dataDir: string,
  use: (socketPath: string | undefined) => Promise<T>,
): Promise<T> {
  const folder = await realpath(dataDir).catch(() => undefined);
  if (folder === undefined) return await use(undefined);
  await refuseForeign(path.join(folder, SOCKET_NAME));
  return await withShortPath(folder, async (short) => {
    const address = path.join(short, SOCKET_NAME);
    return await use((await isAnswering(address)) ? address : undefined);
  });
}

/** The secret in the data directory. The first call creates it. The caller must hold the lock. */
export async function authSecretIn(dataDir: string): Promise<string> {
  const file = path.join(dataDir, 'auth-secret');
  const kept = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (kept !== undefined) return kept;
  const made = randomBytes(32).toString('base64url');
  // A start that is killed here must not leave half a secret. So the complete file is renamed.
  await writeFile(`${file}.partial`, made, { mode: 0o600 });
  await rename(`${file}.partial`, file);
  return made;
}

/**
 * Runs `use` with a path to the folder that is short enough for a socket's address. For a long path
 * this is a symbolic link in a new directory that only this user can open, so nobody can guess its
 * name.
 */
async function withShortPath<T>(folder: string, use: (short: string) => Promise<T>): Promise<T> {
  const longest = path.join(folder, asideName());
  if (Buffer.byteLength(longest) <= MAX_SOCKET_PATH_BYTES) return await use(folder);
  const aside = await newPrivateFolder();
  try {
    const link = path.join(aside, 'd');
    await symlink(folder, link);
    return await use(link);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/** A new folder that only this user can open, with a path short enough for a socket in it. */
export async function newPrivateFolder(): Promise<string> {
  const parent = Buffer.byteLength(tmpdir()) <= MAX_TMPDIR_BYTES ? tmpdir() : '/tmp';
  return await mkdtemp(path.join(parent, 'xray-'));
}

/** Root may use the socket of the directory's owner; everybody else only their own. */
async function refuseForeign(socketPath: string): Promise<void> {
  const self = process.getuid?.();
  const socket = await lstat(socketPath).catch(() => undefined);
  if (self === undefined || socket === undefined || socket.uid === self) return;
  const folder = await lstat(path.dirname(socketPath));
  if (self === 0 && folder.uid === socket.uid) return;
  throw new UntrustedSocketError(socketPath, socket.uid);
}

function asideName(): string {
  return `${SOCKET_NAME}.${process.pid}`;
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

/** Resolves with false when the path exists already. */
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
 * Removes a socket that no process listens on. It is renamed and then checked again, because
 * another process may have bound a new socket in between, and that one must stay.
 */
async function removeIfStale(folder: string, short: string): Promise<boolean> {
  if (await isAnswering(path.join(short, SOCKET_NAME))) return false;
  const socketPath = path.join(folder, SOCKET_NAME);
  const aside = path.join(folder, asideName());
  try {
    await rename(socketPath, aside);
  } catch {
    return true;
  }
  const alive = await isAnswering(path.join(short, asideName()));
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
