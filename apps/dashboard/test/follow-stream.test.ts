import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { StreamEvent } from '@/lib/event-stream';
import { followStream } from '@/lib/follow-stream';

type Answer = (res: ServerResponse, req: IncomingMessage) => void;

/** A server that answers each request from the list. The last answer repeats. */
async function serve(answers: Answer[]) {
  const askedAfter: (string | undefined)[] = [];
  const server = createServer((req, res) => {
    askedAfter.push(req.headers['last-event-id'] as string | undefined);
    answers[Math.min(askedAfter.length, answers.length) - 1]?.(res, req);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, askedAfter };
}

/** Follows the stream to the event whose data is `last`, and returns everything seen until then. */
async function followTo(last: string, url: string, quietMs?: number): Promise<string[]> {
  const leaving = new AbortController();
  const seen: string[] = [];
  await followStream({
    async open(lastEventId, signal) {
      const headers = { ...(lastEventId !== '' && { 'last-event-id': lastEventId }) };
      const response = await fetch(url, { signal, headers });
      if (!response.ok) throw new Error(`answered ${response.status}`);
      return response;
    },
    onEvent({ type, data }: StreamEvent) {
      seen.push(`${type} ${data}`);
      if (data === last) leaving.abort();
    },
    onLive: () => seen.push('live'),
    onLost: (error) => seen.push(error instanceof Error ? error.message : 'lost'),
    signal: leaving.signal,
    ...(quietMs !== undefined && { quietMs }),
  });
  return seen;
}

const SOON = 'retry: 1\n\n';

describe('following a stream', () => {
  it('resumes after the last complete event, silently if the stream ended normally', async () => {
    const { url, askedAfter } = await serve([
      (res) => res.end(`${SOON}id: 1\ndata: a\n\ndata: b\n\nid: 2\n\nid: 3\ndata: never`),
      (res) => res.end('data: c\n\n'),
    ]);
    expect(await followTo('c', url)).toEqual([
      'live',
      'message a',
      'message b',
      'live',
      'message c',
    ]);
    expect(askedAfter).toEqual([undefined, '2']);
  });

  it('reconnects if the stream breaks or is refused, and reports it', async () => {
    const { url, askedAfter } = await serve([
      (res) => res.write(`${SOON}id: 1\ndata: a\n\n`, () => res.destroy()),
      (res) => res.writeHead(503).end(),
      (res) => res.writeHead(503).end(),
      (res) => res.end('data: b\n\n'),
    ]);
    const seen = await followTo('b', url);
    expect(seen.filter((what) => what === 'answered 503')).toHaveLength(2);
    expect(seen.slice(0, 2)).toEqual(['live', 'message a']);
    expect(seen.slice(-2)).toEqual(['live', 'message b']);
    expect(seen).toHaveLength(7);
    expect(askedAfter).toEqual([undefined, '1', '1', '1']);
  });

  it('drops a silent connection', async () => {
    const { url } = await serve([
      (res) => res.write(`${SOON}data: a\n\n`),
      (res) => res.end('data: b\n\n'),
    ]);
    expect(await followTo('b', url, 50)).toEqual(['live', 'message a', 'live', 'message b']);
  });

  it('reads letters whose bytes are split', async () => {
    const bytes = Buffer.from('data: 決定\n\n');
    const { url } = await serve([
      (res) => res.write(bytes.subarray(0, 8), () => res.end(bytes.subarray(8))),
    ]);
    expect(await followTo('決定', url)).toEqual(['live', 'message 決定']);
  });

  it('closes its connection when it is stopped, and cancels its next attempt', async () => {
    let gone: Promise<unknown> = Promise.reject(new Error('nobody came'));
    gone.catch(() => {});
    const { url, askedAfter } = await serve([
      (res) => {
        gone = new Promise((resolve) => res.once('close', resolve));
        res.write('data: a\n\n');
      },
    ]);
    expect(await followTo('a', url)).toEqual(['live', 'message a']);
    await gone;
    expect(askedAfter).toHaveLength(1);
  });
});
