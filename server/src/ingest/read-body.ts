import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { DomainError } from '../errors.js';
import type { Budget } from './byte-budget.js';

/** A request's body, uncompressed, and a way to return its bytes to the budget. */
export interface Body {
  bytes: Buffer;
  /**
   * Takes more of the budget, for the records made from the body.
   *
   * @throws DomainError unavailable, or too_large if even the whole budget would not be enough.
   */
  takeMore(bytes: number): void;
  release(): void;
}

/**
 * Reads a request's body and uncompresses it on the way. Neither a large body nor a zip
 * bomb takes more memory than `maxBytes` or the rest of the budget.
 *
 * @throws DomainError too_large, unavailable (the budget), unsupported_encoding or invalid.
 */
export async function readBody(
  req: IncomingMessage,
  budget: Budget,
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
  const chunks: Buffer[] = [];
  try {
    await eachChunk(source, req, (chunk) => {
      if (takenBytes + chunk.length > maxBytes) return tooLarge(maxBytes);
      if (!budget.take(chunk.length)) return busy();
      takenBytes += chunk.length;
      chunks.push(chunk);
      return undefined;
    });
    const takeMore = (bytes: number): void => {
      if (takenBytes + bytes > budget.maxBytes) throw tooHeavy();
      if (!budget.take(bytes)) throw busy();
      takenBytes += bytes;
    };
    return { bytes: Buffer.concat(chunks), takeMore, release };
  } catch (error) {
    release();
    if (source !== req) {
      req.unpipe();
      source.destroy();
    }
    // The rest must be read and discarded, or the connection would never end.
    req.resume();
    throw error;
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
    case 'deflate':
      return req.pipe(createInflate());
    default:
      throw new DomainError(
        'unsupported_encoding',
        'The Content-Encoding must be identity, gzip, br or deflate.',
      );
  }
}

/**
 * Resolves at the end of `source`. Rejects with the error that `take` returns, or if a stream
 * breaks. It uses events, because an async iterator would cost more than all other work for a small
 * request.
 */
async function eachChunk(
  source: Readable,
  req: IncomingMessage,
  take: (chunk: Buffer) => DomainError | undefined,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const settle = (error?: DomainError): void => {
      source.off('data', onData);
      if (error === undefined) resolve();
      else reject(error);
    };
    const onData = (chunk: Buffer): void => {
      const refusal = take(chunk);
      if (refusal !== undefined) settle(refusal);
    };
    source.on('data', onData);
    source.once('end', () => settle());
    // A pipe does not tell its target that the connection broke or closed early.
    req.once('close', () => {
      if (!req.complete) settle(broken('The request ended before its body was complete.'));
    });
    if (source !== req) {
      source.once('error', () =>
        settle(broken('The request body does not match its Content-Encoding.')),
      );
    }
    req.once('error', () => settle(broken('The request ended before its body was complete.')));
  });
}

function broken(message: string): DomainError {
  return new DomainError('invalid', message);
}

function tooLarge(limit: number): DomainError {
  return new DomainError('too_large', `The request is larger than ${limit} bytes (uncompressed).`, [
    { path: '', code: 'too_large', limit },
  ]);
}

function tooHeavy(): DomainError {
  return new DomainError(
    'too_large',
    'The request has too many snapshots and steps for the memory. Send it in parts.',
    [{ path: '', code: 'too_large' }],
  );
}

function busy(): DomainError {
  return new DomainError(
    'unavailable',
    'The server has no memory left for more data. Nothing of this request was stored. Try again later.',
  );
}
