import { readdir, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

import { realWallMs } from './real-time.js';

/** The interval at which a process shows that it is alive. */
export const HEARTBEAT_MS = 15_000;
/** If the last heartbeat of a process on another host is older than this, the process has ended. */
const SILENT_MS = 4 * HEARTBEAT_MS;
/**
 * On the same host another process may have reused the id. A live process is never silent this
 * long.
 */
const LONG_SILENT_MS = 10 * 60_000;
/** The largest difference between two readings of one process's start time. */
const START_TOLERANCE_MS = 2_000;
const MARK = '.owner-';

/**
 * The owner of a directory, read from its name: `<name>.owner-<host>~<pid>~<start of the
 * process>~<instance>`.
 */
export class SpoolOwner {
  readonly #root: string;
  readonly #id: string;
  readonly dir: string;

  constructor(root: string, instanceId: string) {
    this.#root = root;
    const host = hostname().replace(/[^A-Za-z0-9-]/g, '_');
    this.#id = `${host}~${String(process.pid)}~${String(processStartMs())}~${instanceId}`;
    this.dir = join(root, `${instanceId}${MARK}${this.#id}`);
  }

  /** Writes a heartbeat into a directory that this process owns. */
  async beat(dir: string): Promise<void> {
    const path = join(dir, 'alive');
    const now = realWallMs() / 1_000;
    await utimes(path, now, now).catch(() => writeFile(path, ''));
  }

  /** Releases the directory while the process runs on, so that any process may take it over. */
  async abandon(): Promise<void> {
    await utimes(join(this.dir, 'alive'), 0, 0).catch(() => {});
    liveInstances.delete(this.#id);
  }

  /**
   * Takes over the directories of ended processes, oldest first. Renaming a directory is atomic, so
   * only one process gets it.
   */
  async adopt(nowMs: number): Promise<string[]> {
    const adopted: string[] = [];
    for (const name of (await readdir(this.#root)).sort()) {
      const [instance, owner] = name.split(MARK);
      if (owner === undefined || owner === this.#id || instance === undefined) continue;
      const dir = join(this.#root, name);
      if (!(await this.#isGone(owner, dir, nowMs).catch(() => false))) continue;
      const mine = join(this.#root, `${instance}${MARK}${this.#id}`);
      const isMine = await rename(dir, mine).then(
        () => true,
        () => false,
      );
      if (isMine) adopted.push(mine);
    }
    return adopted;
  }

  async #isGone(owner: string, dir: string, nowMs: number): Promise<boolean> {
    const [host, pid, startMs] = owner.split('~');
    const [ownHost] = this.#id.split('~');
    // A new directory may have no heartbeat yet.
    const beat = await stat(join(dir, 'alive')).catch(() => stat(dir));
    const silentMs = nowMs - beat.mtimeMs;
    if (host !== ownHost) return silentMs > SILENT_MS;
    // The same host and process id with another instance mean a restarted container.
    if (Number(pid) === process.pid) {
      if (liveInstances.has(owner)) return false;
      // For another thread of this process, or another copy of this module, only the heartbeat
      // counts.
      const isSibling = Math.abs(Number(startMs) - processStartMs()) < START_TOLERANCE_MS;
      return !isSibling || silentMs > SILENT_MS;
    }
    return !isRunning(Number(pid)) || silentMs > LONG_SILENT_MS;
  }

  /** Registers this owner. Several clients of one process may share a directory. */
  enter(): void {
    liveInstances.add(this.#id);
  }
}

const liveInstances = new Set<string>();

/**
 * The start of the process. All its threads read the same value, apart from steps of the host's
 * clock.
 */
function processStartMs(): number {
  return Math.round(realWallMs() - process.uptime() * 1_000);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
