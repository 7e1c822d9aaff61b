/**
 * The measured libraries. Each runs in its own process. `start` configures the library as its documentation
 * says, but with the sink as its server, without compression, and with queues that never overflow. `flush`
 * resolves when everything is delivered.
 *
 * @typedef {{ execute: (execution: import('../workloads.mjs').ExecutionData) => void, flush: () =>
 * Promise<unknown> }} Contestant
 * @type {{ name: string, title: string, load: () => Promise<{ start: (endpoint: string) =>
 * Promise<Contestant> | Contestant }>, isExtra?: boolean }[]} An extra one runs only if it is named.
 */
export const contestants = [
  { name: 'floor', title: 'JSON.stringify (the floor)', load: () => import('./floor.mjs') },
  { name: 'post', title: 'JSON.stringify + node:http', load: () => import('./post.mjs') },
  { name: 'x-ray', title: 'X-Ray', load: () => import('./x-ray.mjs') },
  { name: 'x-ray-brotli', title: 'X-Ray, compressed', load: () => import('./x-ray-brotli.mjs') },
  { name: 'opentelemetry', title: 'OpenTelemetry JS', load: () => import('./opentelemetry.mjs') },
  { name: 'langfuse', title: 'Langfuse JS', load: () => import('./langfuse.mjs') },
  { name: 'opik', title: 'Opik TS', load: () => import('./opik.mjs') },
  {
    name: 'langsmith',
    title: 'LangSmith JS',
    load: () => import('./langsmith.mjs'),
    isExtra: true,
  },
];
