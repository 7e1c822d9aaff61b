import { EventParser, type StreamEvent } from './event-stream';

const RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;
/** The server says every 5 s that it is still there. */
const QUIET_MS = 20_000;

interface Following {
  /** Asks for the stream that goes on after an event; an empty id begins with what comes next. */
  open: (lastEventId: string, signal: AbortSignal) => Promise<Response>;
  onEvent: (event: StreamEvent) => void;
  onLive: () => void;
  /** It broke, or was refused; it is tried again. */
  onLost: (error: unknown) => void;
  signal: AbortSignal;
  /** A connection on which nothing comes for so long is taken for dead. */
  quietMs?: number;
}

/**
 * Follows a stream of events until `signal` ends it, as `EventSource` would, which cannot send a token.
 * Where it ends it goes on after the last event that came whole, and waits longer each time that fails.
 */
export async function followStream({
  open,
  onEvent,
  onLive,
  onLost,
  signal,
  quietMs = QUIET_MS,
}: Following): Promise<void> {
  let lastEventId = '';
  let retryMs = RETRY_MS;
  for (let failures = 0; !signal.aborted; failures++) {
    try {
      const { body } = await open(lastEventId, signal);
      onLive();
      const parser = new EventParser(lastEventId);
      for await (const piece of textOf(body, quietMs)) {
        for (const event of parser.read(piece)) if (!signal.aborted) onEvent(event);
        failures = 0;
        lastEventId = parser.lastEventId;
        retryMs = parser.retryMs ?? retryMs;
      }
    } catch (error) {
      if (!signal.aborted) onLost(error);
    }
    // Not all at the same moment, when it was the server that went.
    const waitMs = Math.min(retryMs * 2 ** failures, MAX_RETRY_MS) * (0.5 + Math.random() / 2);
    await pause(waitMs, signal);
  }
}

async function* textOf(
  body: ReadableStream<Uint8Array> | null,
  quietMs: number,
): AsyncGenerator<string> {
  if (body === null) return;
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const leave = () => void reader.cancel().catch(() => {});
  try {
    for (;;) {
      const timer = setTimeout(leave, quietMs);
      const { done, value } = await reader.read().finally(() => clearTimeout(timer));
      if (done) return;
      yield decoder.decode(value, { stream: true });
    }
  } finally {
    leave();
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
