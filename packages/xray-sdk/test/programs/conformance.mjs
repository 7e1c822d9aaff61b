// Records, redacts, flushes and shuts down with a live server. Every runtime must pass. A page gets the
// server's address from `globalThis.conformance`, other runtimes from the environment.
import { XRaySDK } from '@xray/sdk';

const endpoint = globalThis.conformance?.endpoint ?? globalThis.process.env.XRAY_ENDPOINT;
const xray = new XRaySDK({
  apiKey: 'xr_test',
  appId: 'app',
  pipeline: 'conformance',
  endpoint,
  delivery: { compress: true },
});

const outcome = await xray.run({ subject: { applicant: 'a-1' } }, async (execution) => {
  const score = await execution.step('score', { kind: 'retrieve' }, async () => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    xray.current()?.set({ tags: ['context'] });
    return { score: 750, password: 'hunter2', big: 10n };
  });
  const isEnough = execution.step('rules', (step) =>
    step.check('min', score.score >= 800, { actual: score.score, reason: 'LOW' }),
  );
  execution.recordStep({ name: 'long', output: 'x'.repeat(8_000) });
  execution.decide('declined', { adverse: true });
  return isEnough;
});
const isFlushed = await xray.flush();
const isShutDown = await xray.shutdown();
const { recorded, delivered, queued } = xray.stats();
const report = { outcome, isFlushed, isShutDown, recorded, delivered, queued };
if (globalThis.conformance === undefined) console.log(JSON.stringify(report));
else globalThis.conformance.report = report;
