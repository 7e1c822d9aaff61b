import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip } from 'node:zlib';
import { DomainError } from '../errors.js';
import type { ByteBudget } from './byte-budget.js';

/** A request's body, inflated, and how to give its bytes back to the budget. */
export interface Body {
  bytes: Buffer;
  release(): void;
}

/**
 * Reads a request's body, inflating gzip and br as it comes, so that neither a large body nor a zip
 * bomb is ever in memory beyond `maxBytes` or what the budget has left.
 *
 * @throws DomainError too_large, unavailable (the budget), unsupported_encoding or invalid.
 */
export async function readBody(
  req: IncomingMessage,
  budget: ByteBudget,
  maxBytes: number,
): Promise<Body> {
  const declared = Number(req.headers['content-length'] ?? 0);
  if (declared > maxBytes) throw tooLarge(maxBytes);
  const source = inflated(req);
  let takenBytes = 0;
  const release = (): void => {
    budget.give(takenBytes);
    takenBytes = 0;
  };
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of chunksOf(source, req)) {
      if (takenBytes + chunk.length > maxBytes) throw tooLarge(maxBytes);
      if (!budget.take(chunk.length)) throw busy();
      takenBytes += chunk.length;
      chunks.push(chunk);
    }
    return { bytes: Buffer.concat(chunks), release };
  } catch (error) {
    release();
    throw error;
  } finally {
    if (source !== req) {
      req.unpipe();
      source.destroy();
    }
    // What is left of it is discarded, or the connection would wait for ever for somebody to read it.
    if (!req.complete) req.resume();
  }
}

function inflated(req: IncomingMessage): Readable {
  switch (req.headers['content-encoding'] ?? 'identity') {
    case 'identity':
      return req;
    case 'gzip':
      return req.pipe(createGunzip());
    case 'br':
      return req.pipe(createBrotliDecompress());
    default:
      throw new DomainError(
        'unsupported_encoding',
        'The Content-Encoding must be identity, gzip or br.',
      );
  }
}

/** The chunks of `source`. Leaving the loop early keeps the request, which still has to be answered. */
async function* chunksOf(source: Readable, req: IncomingMessage): AsyncGenerator<Buffer> {
  // A pipe tells its target neither of a connection that breaks nor of one that closes early.
  const cut = (): void => {
    if (!req.complete) source.destroy(new Error('the request ended before its body was complete'));
  };
  req.once('close', cut);
  try {
    yield* source.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  } catch {
    throw new DomainError(
      'invalid',
      req.complete
        ? 'The request body is not what its Content-Encoding says.'
        : 'The request ended before its body was complete.',
    );
  } finally {
    req.off('close', cut);
  }
}

function tooLarge(limit: number): DomainError {
  return new DomainError('too_large', `The request is larger than ${limit} bytes, inflated.`, [
    { path: '', code: 'too_large', limit },
  ]);
}

function busy(): DomainError {
  return new DomainError(
    'unavailable',
    'The server has as much to store as it can hold. Nothing of this request was stored; try again.',
  );
}
