// A host that loads every entry with `import`, records one execution, and prints the loaded types.
import XRaySDK, * as sdk from '@xray/sdk';
import * as ai from '@xray/sdk/ai';
import * as express from '@xray/sdk/express';
import * as replay from '@xray/sdk/replay';
import * as spool from '@xray/sdk/spool';

const xray = new XRaySDK({ apiKey: 'xr_test', appId: 'app', pipeline: 'entries' });
xray.run((execution) => execution.decide('loaded'));
const isFlushed = await xray.flush();
const loaded = [
  sdk.XRaySDK,
  ai.xrayAiMiddleware,
  express.xrayMiddleware,
  replay.replay,
  spool.spool,
];
console.log(JSON.stringify({ isFlushed, loaded: loaded.map((each) => typeof each) }));
