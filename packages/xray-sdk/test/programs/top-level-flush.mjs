// A host that waits for the delivery at its end.
import { XRaySDK } from '@xray/sdk';

const xray = new XRaySDK({ apiKey: 'xr_test', appId: 'app', pipeline: 'exit' });
xray.startExecution().completeExecution();
const isFlushed = await xray.flush(500);
process.stdout.write(JSON.stringify({ isFlushed, ...xray.stats() }));
