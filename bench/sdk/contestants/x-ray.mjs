/** The file of the installed package. */
const { XRaySDK } = await import(process.env['XRAY_BENCH_SDK']);

/** The options are the defaults, except for the size of the queue. */
export function startClient(endpoint, delivery = {}) {
  return new XRaySDK({
    apiKey: 'xr_bench',
    appId: 'bench',
    pipeline: 'loan-approval',
    endpoint,
    delivery: { maxQueued: 1_000_000, maxQueuedBytes: 1_000_000_000, ...delivery },
  });
}

/** The first version's calls. By default nothing is compressed for a server on the same machine. */
export function start(endpoint, delivery) {
  const xray = startClient(endpoint, delivery);
  return {
    execute({ steps }) {
      const execution = xray.startExecution();
      for (const step of steps) execution.recordStep(step);
      execution.completeExecution();
    },
    async flush() {
      if (!(await xray.flush(60_000))) throw new Error('not flushed within a minute');
    },
  };
}
