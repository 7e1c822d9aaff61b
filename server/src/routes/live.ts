import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import type { Response } from 'express';
import { foundExecutionSchema, rangeQuerySchema } from '@xray/core';
import { z } from 'zod';
import { credentialOf } from '../auth/principal.js';
import { DomainError } from '../errors.js';
import { fromCursor } from '../query/cursor.js';
import { readFilter } from '../query/filter.js';
import { followExecutions, type FollowEvent, type FollowOptions } from '../query/follow.js';
import { withStale } from '../query/read-executions.js';
import { isSearch } from '../store/fields.js';
import { param, parse, type Call, type Deps, type Route } from './route.js';

const EVENT_STREAM = 'text/event-stream';
/** The limit for all clients of this instance, because each stream polls the store. */
const MAX_STREAMS = 100;
/** The limit for one app, because its people can create any number of keys. */
const MAX_OF_APP = 60;
/** The limit for one person or key. */
const MAX_OF_CREDENTIAL = 20;
const POLL_EVERY_MS = 400;
/** How often a stream sends a keep-alive and checks its reader's permission, in ms. */
const CHECK_EVERY_MS = 5_000;
/** A browser reconnects after this, in ms. */
const RETRY_MS = 1_000;

const liveQuerySchema = rangeQuerySchema.pick({ q: true }).extend({
  /** The cursor to continue from. A browser sends it as `Last-Event-ID`. */
  after: z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, 'is not a cursor that this server issued')
    .optional(),
});

/** Executions as they arrive, over server-sent events (https://html.spec.whatwg.org/#server-sent-events). */
export function liveRoutes(deps: Deps): Route[] {
  const streams = new Map<string, number>();
  const count = (name: string, change: number): void => {
    const now = (streams.get(name) ?? 0) + change;
    if (now === 0) streams.delete(name);
    else streams.set(name, now);
  };
  return [
    {
      method: 'get',
      path: '/api/apps/:app/live',
      policy: 'read',
      audit: 'payload.view',
      summary:
        'New and updated executions that match a filter, as server-sent events: `execution` with a summary, and with words in `q` the places where they occur; `missed` when there were too many to send.',
      query: liveQuerySchema,
      examples: { after: '48213' },
      answers: {
        200: {
          description: `${EVENT_STREAM}. This is the data of an \`execution\` event. After \`Last-Event-ID\`, the stream may repeat a few events.`,
          type: EVENT_STREAM,
          schema: foundExecutionSchema,
        },
      },
      async handle(call) {
        const { req } = call;
        const query = { ...req.query, after: req.get('last-event-id') ?? req.query.after };
        const { q, after: since } = parse(liveQuerySchema, query);
        const filter = readFilter({ q });
        const now = deps.now();
        const shares = [
          { name: 'all', most: MAX_STREAMS, of: 'This server' },
          { name: `app ${param(req, 'app')}`, most: MAX_OF_APP, of: 'This app' },
          {
            name: `credential ${credentialOf(call.principal)}`,
            most: MAX_OF_CREDENTIAL,
            of: 'Your session or key',
          },
        ];
        const full = shares.findLast(({ name, most }) => (streams.get(name) ?? 0) >= most);
        if (full !== undefined) {
          throw new DomainError(
            'unavailable',
            `${full.of} already has ${full.most} open live streams. Close one or try again later.`,
          );
        }
        for (const { name } of shares) count(name, 1);
        try {
          // The events contain the text around the words.
          if (isSearch(filter)) await call.record({ details: { by: 'live search' } });
          await stream(deps, call, { filter, nowMs: now, since });
        } finally {
          for (const { name } of shares) count(name, -1);
        }
      },
    },
  ];
}

async function stream(
  deps: Deps,
  call: Call,
  options: Pick<FollowOptions, 'filter' | 'nowMs' | 'since'>,
): Promise<void> {
  const { req, res } = call;
  const streamEnd = new AbortController();
  const end = (): void => streamEnd.abort();
  res.once('close', end);
  deps.stopping.addEventListener('abort', end, { once: true });
  try {
    const events = followExecutions(deps.executions, {
      ...options,
      app: param(req, 'app'),
      everyMs: POLL_EVERY_MS,
      signal: streamEnd.signal,
    });
    // The first event is awaited before anything is sent, so that an outage can still be a 503.
    const first = await fromCursor(() => events.next(), 'after');
    // A compressor or a proxy would delay events.
    res.set({ 'Cache-Control': 'no-store, no-transform', 'X-Accel-Buffering': 'no' });
    // A new stream uses a new connection, so a stop of the server need not wait for this one.
    res.set('Connection', 'close');
    res.type(EVENT_STREAM);
    res.flushHeaders();
    res.write(`retry: ${RETRY_MS}\n\n`);
    if (!first.done) await send(res, frame(first.value, deps.now()), streamEnd.signal);
    void checkReader(call, streamEnd);
    for await (const event of events) await send(res, frame(event, deps.now()), streamEnd.signal);
  } finally {
    deps.stopping.removeEventListener('abort', end);
    streamEnd.abort();
    if (res.headersSent) res.end();
  }
}

/**
 * Ends the stream when its reader loses the permission: a revoked key, an ended session, a removed
 * member.
 */
async function checkReader({ res, readmit }: Call, streamEnd: AbortController): Promise<void> {
  while (!streamEnd.signal.aborted) {
    await setTimeout(CHECK_EVERY_MS, undefined, { ref: false, signal: streamEnd.signal }).catch(
      () => {},
    );
    if (streamEnd.signal.aborted) return;
    try {
      await readmit();
      res.write(': still here\n\n');
    } catch {
      streamEnd.abort();
    }
  }
}

function frame(event: FollowEvent, now: number): string {
  switch (event.kind) {
    case 'cursor':
      // An event without data only sets the position from which the browser continues.
      return `id: ${event.cursor}\n\n`;
    case 'missed':
      return 'event: missed\ndata: {}\n\n';
    case 'execution':
      return `event: execution\ndata: ${JSON.stringify(withStale(event.execution, now))}\n\n`;
  }
}

/** Waits for a reader that is slower than the events. */
async function send(res: Response, text: string, signal: AbortSignal): Promise<void> {
  if (signal.aborted || res.write(text)) return;
  await once(res, 'drain', { signal }).catch(() => {});
}
