import { readFileSync, readdirSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';

/**
 * A start needs the database's files, threads and pipes. Below this limit it would fail half-way.
 */
const MIN_OPEN_FILES = 512;
/** File descriptors kept free for files that the database opens. */
const RESERVE = 16;
/** One client may hold at most this share of the connections. */
const CLIENT_SHARE = 0.5;
/**
 * The limit and the number of used descriptors are measured again after this many connections, or
 * this many ms.
 */
const MEASURE_EVERY = 16;
const MEASURE_EVERY_MS = 1_000;
const WATCH_EVERY_MS = 5_000;
/** A shortage is logged at most once in this time, in ms. */
const LOG_EVERY_MS = 60_000;

/** The most files this process may open. Undefined where the system does not say (it is not Linux). */
export function openFileLimit(): number | undefined {
  const limits = readIfThere('/proc/self/limits');
  const [, soft] = /^Max open files\s+(\d+)/m.exec(limits ?? '') ?? [];
  return soft === undefined ? undefined : Number(soft);
}

/** Why a server cannot run with this limit on open files; undefined if it can. */
export function openFileFault(limit = openFileLimit()): string | undefined {
  if (limit === undefined || limit >= MIN_OPEN_FILES) return undefined;
  return (
    `This process may open ${limit} files, and X-Ray needs at least ${MIN_OPEN_FILES}. Raise the limit: ` +
    '`ulimit -n 4096` in a shell, `LimitNOFILE=4096` in a systemd unit, `--ulimit nofile=4096` for Docker.'
  );
}

interface Client {
  socket: Socket;
  address: string;
  /** Requests that are being read or answered. */
  requests: number;
}

/**
 * Keeps some file descriptors free. Without one, the system drops new connections before Node sees them.
 * At the limit, a new connection closes the one that has been idle longest, of the same client if that
 * client has too many. Returns a function that stops this.
 */
export function limitConnections(
  server: Server,
  {
    logger,
    isTrusted,
    now,
  }: { logger: Logger; isTrusted: (ip: string) => boolean; now: () => number },
): () => void {
  // The clients, least recently used first.
  const clients = new Map<Socket, Client>();
  const counts = new Map<string, number>();
  let limit = Number.POSITIVE_INFINITY;
  let [sinceMeasured, measuredAt, loggedAt] = [0, -Infinity, -Infinity];

  const measure = (): void => {
    [sinceMeasured, measuredAt] = [0, now()];
    const free = freeDescriptors();
    limit = free === undefined ? Infinity : Math.max(1, clients.size + free - RESERVE);
  };
  const warn = (message: string, facts: object): void => {
    if (now() - loggedAt < LOG_EVERY_MS) return;
    loggedAt = now();
    logger.warn({ connections: clients.size, ...facts }, message);
  };
  const closeIdle = (address?: string): boolean => {
    for (const { socket, requests, address: from } of clients.values()) {
      if (requests > 0 || (address !== undefined && from !== address)) continue;
      forget(socket);
      socket.destroy();
      return true;
    }
    return false;
  };
  const forget = (socket: Socket): void => {
    const client = clients.get(socket);
    if (client === undefined) return;
    clients.delete(socket);
    const left = (counts.get(client.address) ?? 1) - 1;
    if (left === 0) counts.delete(client.address);
    else counts.set(client.address, left);
  };
  const use = (socket: Socket, change: number): void => {
    const client = clients.get(socket);
    if (client === undefined) return;
    client.requests += change;
    clients.delete(socket);
    clients.set(socket, client);
  };

  server.on('connection', (socket: Socket) => {
    if (++sinceMeasured >= MEASURE_EVERY || now() - measuredAt >= MEASURE_EVERY_MS) measure();
    const address = socket.remoteAddress ?? '';
    const held = counts.get(address) ?? 0;
    // Many people may use one proxy, so a proxy's address has no share.
    const share = isTrusted(address) ? Infinity : Math.max(1, Math.floor(limit * CLIENT_SHARE));
    const isOver = held >= share ? 'client' : clients.size >= limit ? 'server' : undefined;
    if (isOver !== undefined) {
      const made = closeIdle(isOver === 'client' ? address : undefined);
      const facts = { limit, ip: address, ofClient: held, refused: !made };
      warn('the limit on connections is reached; idle ones are closed', facts);
      if (!made) {
        socket.destroy();
        return;
      }
    }
    clients.set(socket, { socket, address, requests: 0 });
    counts.set(address, held + 1);
    socket.once('close', () => forget(socket));
  });
  server.on('request', (req: IncomingMessage, res: ServerResponse) => {
    use(req.socket, 1);
    res.once('close', () => use(req.socket, -1));
  });
  const watch = setInterval(() => {
    measure();
    if (clients.size <= limit) return;
    const before = clients.size;
    while (clients.size > limit && closeIdle());
    const facts = { limit, closed: before - clients.size };
    warn('no file descriptors left; idle connections were closed', facts);
  }, WATCH_EVERY_MS);
  watch.unref();
  return () => clearInterval(watch);
}

/** How many more files this process may open; undefined if the system does not say. */
function freeDescriptors(): number | undefined {
  try {
    const limit = openFileLimit();
    return limit === undefined ? undefined : limit - readdirSync('/proc/self/fd').length;
  } catch (error) {
    return isExhausted(error) ? 0 : undefined;
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (isExhausted(error)) throw error;
    return undefined;
  }
}

function isExhausted(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EMFILE' || code === 'ENFILE';
}
