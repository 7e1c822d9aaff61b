import { AsyncLocalStorage } from 'node:async_hooks';
import { randomFillSync } from 'node:crypto';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { brotliCompress, brotliCompressSync, type BrotliOptions, constants } from 'node:zlib';

import type { Answer, Bytes, Platform } from './platform.js';
import { clearTimer, setTimer } from './real-time.js';

const AGENT_OPTIONS = { keepAlive: true, maxSockets: 2, timeout: 30_000 };

let agents: { http: HttpAgent; https: HttpsAgent } | undefined;

/**
 * Uses `node:http`, not `fetch`: its sockets can be unreferenced, so a server that hangs does not keep the host's
 * process alive. undici references its sockets again with every request.
 */
export const post: Platform['post'] = ({ url, headers, body, timeoutMs, maxAnswerLength }) =>
  new Promise<Answer>((resolve) => {
    agents ??= { http: new HttpAgent(AGENT_OPTIONS), https: new HttpsAgent(AGENT_OPTIONS) };
    const isSecure = url.protocol === 'https:';
    const options = {
      method: 'POST',
      headers: { ...headers, 'content-length': body.length },
      // `localhost` may have two addresses. Node 18 tries only the first.
      ...(url.hostname === 'localhost' ? { autoSelectFamily: true } : {}),
    };
    const request = isSecure
      ? httpsRequest(url, { ...options, agent: agents.https })
      : httpRequest(url, { ...options, agent: agents.http });

    const timer = setTimer(() => request.destroy(new Error('timeout')), timeoutMs).unref();
    const settle = (answer: Answer): void => {
      clearTimer(timer);
      resolve(answer);
    };
    request.on('socket', (socket: Socket) => socket.unref());
    request.on('error', (error) => settle({ kind: 'unreachable', message: error.message }));
    request.on('response', (response) => {
      const answered = (text: string): void => {
        const { date, location, 'retry-after': retryAfter } = response.headers;
        const status = response.statusCode ?? 0;
        settle({ kind: 'answered', status, retryAfter, date, location, body: text });
      };
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length <= maxAnswerLength) return;
        answered('');
        request.destroy();
      });
      response.on('error', (error) => settle({ kind: 'unreachable', message: error.message }));
      response.on('end', () => answered(text));
    });
    request.end(body);
  });

const BROTLI: BrotliOptions = {
  params: {
    [constants.BROTLI_PARAM_QUALITY]: 1,
    // The window bounds the memory. Snapshots resemble their neighbours.
    [constants.BROTLI_PARAM_LGWIN]: 18,
  },
};
/** Compressing more than this would hold up the host, so another thread does it. */
const MAX_SYNC_BYTES = 512 * 1024;

/** To give a small batch to another thread takes longer than to compress it. */
export const compress: Platform['compress'] = (bytes) => {
  if (bytes.length <= MAX_SYNC_BYTES) {
    return { bytes: brotliCompressSync(bytes, BROTLI) as Bytes, encoding: 'br' };
  }
  return new Promise((resolve, reject) => {
    brotliCompress(bytes, BROTLI, (error, result) =>
      error === null ? resolve({ bytes: result as Bytes, encoding: 'br' }) : reject(error),
    );
  });
};

export const utf8Length: Platform['utf8Length'] = (text) => Buffer.byteLength(text);

export const createScratch: Platform['createScratch'] = (size) => {
  const bytes = Buffer.allocUnsafeSlow(size);
  return {
    bytes,
    text: (start, end, isAscii) => bytes.toString(isAscii ? 'latin1' : 'utf8', start, end),
    write: (text, start, isAscii) => bytes.write(text, start, isAscii ? 'latin1' : 'utf8'),
  };
};

export const fillRandom: Platform['fillRandom'] = (bytes) => {
  randomFillSync(bytes);
};

export const createContextStore: Platform['createContextStore'] = <T>() =>
  new AsyncLocalStorage<T>();

export const environmentVariable: Platform['environmentVariable'] = (name) => process.env[name];

export const onBeforeExit: Platform['onBeforeExit'] = (callback) => {
  process.on('beforeExit', callback);
};

export const onFailedExit: Platform['onFailedExit'] = (callback) => {
  process.on('exit', (code) => {
    if (code !== 0) callback();
  });
};

export { postNow } from './post-now.js';

export const unrefTimer: Platform['unrefTimer'] = (timer) => {
  timer.unref();
};
