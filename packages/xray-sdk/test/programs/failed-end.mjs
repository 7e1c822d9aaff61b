// A host that records and then ends because of an error. The environment chooses the kind of error.
import { XRaySDK } from '@xray/sdk';

const xray = new XRaySDK({ apiKey: 'xr_test', appId: 'app', pipeline: 'exit' });
for (let index = 1; index < Number(process.env['EXECUTIONS'] ?? 1); index += 1) {
  xray.startExecution().completeExecution();
}
process.on('exit', (code) => {
  const { delivered, queued, dropped } = xray.stats();
  process.stdout.write(JSON.stringify({ code, delivered, queued, dropped }));
});

const ways = {
  'throw in run': () =>
    xray.run(() => {
      throw new TypeError('x');
    }),
  'reject in run': () =>
    void xray.run(async () => {
      throw new TypeError('x');
    }),
  'throw in a timer after a run': () => {
    xray.run(() => {});
    setTimeout(() => {
      throw new TypeError('x');
    });
  },
  'call process.exit(3)': () => {
    xray.run(() => {});
    process.exit(3);
  },
  'handle the error and exit': () => {
    process.on('uncaughtException', () => process.exit(7));
    xray.run(() => {
      throw new TypeError('x');
    });
  },
};
ways[process.env['WAY']]();
