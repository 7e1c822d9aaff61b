import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';

import type { Answer, Post } from './platform.js';

/** The worker's program. It is a text, because a bundled host has no file for a worker to load. */
const PROGRAM = `
const { workerData } = require('node:worker_threads');
const { url, headers, body, maxAnswerLength, port, signal } = workerData;
const tell = (answer) => {
  port.postMessage(answer);
  Atomics.store(signal, 0, 1);
  Atomics.notify(signal, 0);
};
const { request } = require(url.startsWith('https:') ? 'node:https' : 'node:http');
const autoSelectFamily = new URL(url).hostname === 'localhost';
const sent = request(url, { method: 'POST', headers, ...(autoSelectFamily && { autoSelectFamily }) });
const fail = (error) => tell({ kind: 'unreachable', message: error.message });
sent.on('error', fail);
sent.on('response', (response) => {
  let text = '';
  response.setEncoding('utf8');
  response.on('error', fail);
  response.on('data', (chunk) => {
    if (text.length <= maxAnswerLength) text += chunk;
  });
  response.on('end', () => {
    const { date, location, 'retry-after': retryAfter } = response.headers;
    const isWhole = text.length <= maxAnswerLength;
    const status = response.statusCode;
    tell({ kind: 'answered', status, retryAfter, date, location, body: isWhole ? text : '' });
  });
});
sent.end(body);
`;

/**
 * Makes one POST in another thread while this thread waits. When a process ends, the event loop no
 * longer runs. Never throws.
 */
export function postNow({ url, headers, body, timeoutMs, maxAnswerLength }: Post): Answer {
  try {
    const { port1, port2 } = new MessageChannel();
    const signal = new Int32Array(new SharedArrayBuffer(4));
    // NODE_OPTIONS may preload modules of the host, which must not run in this thread.
    const { NODE_OPTIONS: _, ...env } = process.env;
    const worker = new Worker(PROGRAM, {
      eval: true,
      execArgv: [],
      env,
      workerData: {
        url: url.href,
        headers: { ...headers, 'content-length': String(body.length) },
        body,
        maxAnswerLength,
        port: port2,
        signal,
      },
      transferList: [port2],
    });
    worker.unref();
    worker.on('error', () => {});
    Atomics.wait(signal, 0, 0, timeoutMs);
    const received = receiveMessageOnPort(port1) as { message: Answer } | undefined;
    return received?.message ?? { kind: 'unreachable', message: 'timeout' };
  } catch (error) {
    return { kind: 'unreachable', message: String(error) };
  }
}
