import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';

/**
 * Sends pages of text as they are read. The first page is awaited before anything is sent, so that
 * an outage can still be a 503.
 */
export async function sendPages(
  res: Response,
  type: string,
  pages: AsyncGenerator<string>,
): Promise<void> {
  const first = await pages.next();
  res.type(type);
  res.flushHeaders();
  if (first.done) {
    res.end();
    return;
  }
  const all = async function* (): AsyncGenerator<string> {
    yield first.value;
    yield* pages;
  };
  try {
    await pipeline(Readable.from(all()), res);
  } catch (error) {
    // The client has disconnected and does not need the rest.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}
