import type { Answer, ContextStore, Platform } from './platform.js';
import { clearTimer, setTimer } from './real-time.js';
import { decoder, encoder } from './utf8.js';

/**
 * Browsers allow this many bytes in flight with `keepalive` (Fetch standard, HTTP-network-or-cache
 * fetch).
 */
const MAX_KEEPALIVE_BYTES = 64 * 1024;

/** Globals that only some of these runtimes have. */
interface Extras {
  AsyncLocalStorage?: new <T>() => ContextStore<T>;
  process?: {
    env?: Record<string, string | undefined>;
    getBuiltinModule?: (name: string) => { AsyncLocalStorage?: Extras['AsyncLocalStorage'] };
  };
}

/** Every property is optional, so this type fits any global object. */
const extras = globalThis as Extras;

export const post: Platform['post'] = async ({
  url,
  headers,
  body,
  timeoutMs,
  maxAnswerLength,
}) => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    const abort = new AbortController();
    timer = setTimer(() => abort.abort(), timeoutMs);
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body,
      signal: abort.signal,
      // A redirect may lead to a login page, or send the records to another host.
      redirect: 'manual',
      ...(body.length < MAX_KEEPALIVE_BYTES ? { keepalive: true } : {}),
    });
    const text = await response.text();
    return {
      kind: 'answered',
      status: response.status,
      retryAfter: response.headers.get('retry-after') ?? undefined,
      date: response.headers.get('date') ?? undefined,
      location: response.headers.get('location') ?? undefined,
      body: text.length > maxAnswerLength ? '' : text,
    };
  } catch (error) {
    return { kind: 'unreachable', message: String(error) } satisfies Answer;
  } finally {
    clearTimer(timer);
  }
};

export const compress: Platform['compress'] = async (bytes) => {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'));
  const zipped = new Uint8Array(await new Response(stream).arrayBuffer());
  return { bytes: zipped, encoding: 'gzip' };
};

export const utf8Length: Platform['utf8Length'] = (text) => encoder.encode(text).length;

export const createScratch: Platform['createScratch'] = (size) => {
  const bytes = new Uint8Array(size);
  return {
    bytes,
    text: (start, end) => decoder.decode(bytes.subarray(start, end)),
    write: (text, start) => encoder.encodeInto(text, bytes.subarray(start)).written,
  };
};

export const fillRandom: Platform['fillRandom'] = (bytes) => {
  // Some test pages have no crypto. Ids need only differ from each other.
  if (typeof crypto === 'undefined') bytes.forEach((_, at) => (bytes[at] = Math.random() * 256));
  else crypto.getRandomValues(bytes);
};

export const createContextStore: Platform['createContextStore'] = () => {
  const Storage =
    extras.AsyncLocalStorage ??
    extras.process?.getBuiltinModule?.('node:async_hooks').AsyncLocalStorage;
  return Storage === undefined ? undefined : new Storage();
};

export const environmentVariable: Platform['environmentVariable'] = (name) =>
  extras.process?.env?.[name];

/** These runtimes have no such event. */
export const onBeforeExit: Platform['onBeforeExit'] = () => {};

/** These runtimes have no such event. */
export const onFailedExit: Platform['onFailedExit'] = () => {};

export const postNow: Platform['postNow'] = () => ({
  kind: 'unreachable',
  message: 'this runtime cannot wait',
});

/** In these runtimes timers do not keep the process alive. */
export const unrefTimer: Platform['unrefTimer'] = () => {};
