import type { Request } from 'express';

const LOCAL_NAME = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;
const LOCAL_ADDRESS = /^(127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;
const FORWARDED = [
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
];

/**
 * Whether a program on this machine asks, and not the world through a proxy on it or a page through DNS
 * rebinding: the connection is local, so is the name that was asked for, and nothing forwarded it.
 */
export function isThisMachine(req: Request): boolean {
  return (
    LOCAL_ADDRESS.test(req.socket.remoteAddress ?? '') &&
    LOCAL_NAME.test(req.get('host') ?? '') &&
    FORWARDED.every((header) => req.get(header) === undefined)
  );
}
