import { AsyncLocalStorage } from 'node:async_hooks';
import type nodeCrypto from 'node:crypto';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { Socket } from 'node:net';
import { WriteStream } from 'node:tty';

import type { ReplayHook } from '../replay-hook.js';
import { REPLAY_HOOK } from '../replay-key.js';
import { ReplayLeak } from './errors.js';
import type { Replay } from './replay.js';

/** The replay that a call belongs to. A live step may read the real clock, random numbers and network. */
interface Place {
  readonly replay: Replay;
  readonly isLive: boolean;
}

/** The object that `require` gives. A module's own import cannot be changed. */
const crypto = createRequire(`${process.cwd()}/`)('node:crypto') as typeof nodeCrypto;
const places = new AsyncLocalStorage<Place>();
const RealDate = Date;
const globals = globalThis as Record<symbol, ReplayHook | undefined>;
const real = {
  random: Math.random,
  randomUUID: crypto.randomUUID,
  webUUID: globalThis.crypto?.randomUUID,
  connect: Socket.prototype.connect,
  write: Socket.prototype.write,
};

let uses = 0;

export function inReplay<R>(replay: Replay, fn: () => R): R {
  return places.run({ replay, isLive: false }, fn);
}

/** Runs a live step of a replay. */
export function live<R>(fn: () => R): R {
  const place = places.getStore();
  return place === undefined ? fn() : places.run({ ...place, isLive: true }, fn);
}

/**
 * Replaces clock, random numbers and network for replayed code. Other code of the process keeps the real
 * ones.
 */
export function openWorld(): void {
  uses += 1;
  if (uses > 1) return;
  globals[REPLAY_HOOK] = { open: (pipeline) => places.getStore()?.replay.open(pipeline) };
  globalThis.Date = replayedDate();
  Math.random = () => guarded()?.chance() ?? real.random();
  const uuid = (native: typeof crypto.randomUUID, owner: unknown) =>
    function randomUUID(...args: Parameters<typeof crypto.randomUUID>) {
      return guarded()?.uuid() ?? native.apply(owner, args);
    } as typeof crypto.randomUUID;
  crypto.randomUUID = uuid(real.randomUUID, crypto);
  if (real.webUUID !== undefined) {
    globalThis.crypto.randomUUID = uuid(real.webUUID, globalThis.crypto);
  }
  Socket.prototype.connect = function connect(this: Socket, ...args: unknown[]) {
    refuseNetwork();
    return Reflect.apply(real.connect, this, args) as Socket;
  } as Socket['connect'];
  Socket.prototype.write = function write(this: Socket, ...args: unknown[]) {
    if (!isOutput(this)) refuseNetwork();
    return Reflect.apply(real.write, this, args) as boolean;
  } as Socket['write'];
  syncBuiltinESMExports();
}

export function closeWorld(): void {
  uses -= 1;
  if (uses > 0) return;
  Reflect.deleteProperty(globals, REPLAY_HOOK);
  globalThis.Date = RealDate;
  Math.random = real.random;
  crypto.randomUUID = real.randomUUID;
  if (real.webUUID !== undefined) Reflect.deleteProperty(globalThis.crypto, 'randomUUID');
  Socket.prototype.connect = real.connect;
  Socket.prototype.write = real.write;
  syncBuiltinESMExports();
}

/** The replay whose code reads the world now. Undefined during a live step. */
function guarded(): Replay | undefined {
  const place = places.getStore();
  return place?.isLive === false ? place.replay : undefined;
}

function refuseNetwork(): void {
  const replay = guarded();
  if (replay === undefined) return;
  replay.reads.network += 1;
  throw new ReplayLeak(
    'The code reached for the network in a replay. Put the call into a step of kind retrieve or action, or list its step under `live`.',
  );
}

/** Whether a socket is the process's own output. */
function isOutput(socket: Socket): boolean {
  return socket instanceof WriteStream || socket.remoteAddress === undefined;
}

function replayedDate(): DateConstructor {
  const now = (): number => guarded()?.readClock() ?? RealDate.now();
  return new Proxy(RealDate, {
    construct(target, args: unknown[], newTarget: object) {
      const given = args.length === 0 ? [now()] : args;
      return Reflect.construct(
        target,
        given,
        newTarget === globalThis.Date ? target : (newTarget as DateConstructor),
      ) as Date;
    },
    apply: () => new RealDate(now()).toString(),
    get: (target, key, receiver) => (key === 'now' ? now : Reflect.get(target, key, receiver)),
  });
}
