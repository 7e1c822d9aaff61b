import { createHash } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { root } from './parts.mjs';

/**
 * Runs `work` when no other process of this clone runs it. The lock is a listening socket. The system
 * closes it with its process, so a killed process leaves no lock.
 *
 * @template T
 * @param {() => Promise<T>} work
 * @param {() => void} onWait called once if another process holds the lock
 * @returns {Promise<T>}
 */
export async function singleFlight(work, onWait) {
  const address = lockAddress();
  let hasWaited = false;
  for (;;) {
    const held = await tryListen(address);
    if (held) {
      try {
        return await work();
      } finally {
        held.close();
      }
    }
    const answered = await connectUntilClosed(address, () => {
      if (!hasWaited) onWait();
      hasWaited = true;
    });
    if (!answered) await removeStale(address);
  }
}

function lockAddress() {
  const id = createHash('sha256').update(root).digest('hex').slice(0, 16);
  if (process.platform === 'win32') return `\\\\.\\pipe\\x-ray-prepare-${id}`;
  return path.join(ownFolder(), `${id}.sock`);
}

/** A folder in the shared temporary directory. Its name can be guessed, so its owner is checked. */
function ownFolder() {
  const uid = process.getuid();
  const folder = path.join(os.tmpdir(), `x-ray-prepare-${uid}`);
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stats = fs.lstatSync(folder);
  if (stats.isDirectory() && stats.uid === uid && (stats.mode & 0o077) === 0) return folder;
  throw new Error(`${folder} can be written by other users, so it is not used. Delete it.`);
}

/** @returns {Promise<{ close(): void } | null>} null when the address is taken */
async function tryListen(address) {
  const waiting = new Set();
  const server = net.createServer((socket) => {
    waiting.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => waiting.delete(socket));
    socket.resume();
  });
  const lock = {
    // Closing their connections wakes the waiting processes, which then try again.
    close() {
      server.close();
      for (const socket of waiting) socket.destroy();
    },
  };
  try {
    await new Promise((resolve, reject) => {
      server.once('error', reject).listen(address, resolve);
    });
  } catch (error) {
    if (error.code === 'EADDRINUSE') return null;
    throw error;
  }
  const inode = inodeOf(address);
  // Another process may also have found the stale socket, and may now remove this new one. Check that it
  // stays.
  await wait(20);
  if (inodeOf(address) === inode) return lock;
  lock.close();
  return null;
}

function connectUntilClosed(address, onConnect) {
  return new Promise((resolve) => {
    let connected = false;
    const socket = net.connect(address, () => {
      connected = true;
      onConnect();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(connected));
    socket.resume();
  });
}

async function removeStale(address) {
  const before = inodeOf(address);
  await wait(50 * Math.random());
  // Checks that it is still the same dead socket, not a new one.
  if (before !== null && inodeOf(address) === before && !(await answers(address))) {
    fs.rmSync(address, { force: true });
  }
}

function answers(address) {
  return new Promise((resolve) => {
    const socket = net.connect(address, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

function inodeOf(address) {
  try {
    return fs.statSync(address).ino;
  } catch {
    return null;
  }
}
