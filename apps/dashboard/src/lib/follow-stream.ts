import { EventParser, type StreamEvent } from './event-stream';

const RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;
/** The server sends a heartbeat every 5 s. */
const QUIET_MS = 20_000;

interface Following {
  /** Opens the stream after an event. An empty id starts with the next event. */
  open: (lastEventId: string, signal: AbortSignal) => Promise<Response>;
  onEvent: (event: StreamEvent) => void;
  onLive: () => void;
  /** Called when the stream broke or was refused. It is retried. */
  onLost: (error: unknown) => void;
  signal: AbortSignal;
  /** A connection that is silent for this long counts as dead. */
  quietMs?: number;
}

/**
 * Follows a stream of events until `signal` ends it. `EventSource` cannot send a token. A broken stream resumes
 * after the last complete event, with longer delays after each failure.
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
    // Spreads reconnects after a restart of the server.
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
