import { readdir, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

import { realWallMs } from './real-time.js';

/** How often a process shows that it is alive. */
export const HEARTBEAT_MS = 15_000;
/** A process on another host that was silent for so long is gone. */
const SILENT_MS = 4 * HEARTBEAT_MS;
/** On this host its id may have gone to another process; a live one is never silent for so long. */
const LONG_SILENT_MS = 10 * 60_000;
/** Two readings of when a process started may differ by so much. */
const START_TOLERANCE_MS = 2_000;
const MARK = '.owner-';

/** Who a directory belongs to: `<name>.owner-<host>~<pid>~<start of the process>~<instance>`. */
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

  /** Shows that this process is alive and that a directory is its own. */
  async beat(dir: string): Promise<void> {
    const path = join(dir, 'alive');
    const now = realWallMs() / 1_000;
    await utimes(path, now, now).catch(() => writeFile(path, ''));
  }

  /** This process lives on, but is done with its own directory: whoever comes may take it over. */
  async abandon(): Promise<void> {
    await utimes(join(this.dir, 'alive'), 0, 0).catch(() => {});
    liveInstances.delete(this.#id);
  }

  /**
   * Takes over the directories of processes that are gone, oldest first. Renaming a directory is atomic, so
   * that of several processes one gets it.
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
    // A directory that was made a moment ago may not have its heartbeat yet.
    const beat = await stat(join(dir, 'alive')).catch(() => stat(dir));
    const silentMs = nowMs - beat.mtimeMs;
    if (host !== ownHost) return silentMs > SILENT_MS;
    // Same host and same process id, yet another instance: a container that was started anew.
    if (Number(pid) === process.pid) {
      if (liveInstances.has(owner)) return false;
      // Another thread of this process, or another copy of this module, is seen by its heartbeat alone.
      const isSibling = Math.abs(Number(startMs) - processStartMs()) < START_TOLERANCE_MS;
      return !isSibling || silentMs > SILENT_MS;
    }
    return !isRunning(Number(pid)) || silentMs > LONG_SILENT_MS;
  }

  /** Several clients of one process may share a directory. */
  enter(): void {
    liveInstances.add(this.#id);
  }
}

const liveInstances = new Set<string>();

/** The same in every thread of a process, within the steps of the host's clock. */
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
