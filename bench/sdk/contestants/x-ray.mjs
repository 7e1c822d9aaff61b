import { XRaySDK } from '@xray/sdk';

/** The first version's calls. The options are the defaults, except for the queue size and gzip. */
export function start(endpoint) {
  const xray = new XRaySDK({
    apiKey: 'xr_bench',
    appId: 'bench',
    pipeline: 'loan-approval',
    endpoint,
    delivery: { compress: false, maxQueued: 1_000_000, maxQueuedBytes: 1_000_000_000 },
  });
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
