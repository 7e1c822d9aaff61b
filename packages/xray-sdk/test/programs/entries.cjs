// A host that loads every entry with `require`, records one execution, and prints the loaded types.
const sdk = require('@xray/sdk');
const ai = require('@xray/sdk/ai');
const express = require('@xray/sdk/express');
const replay = require('@xray/sdk/replay');
const spool = require('@xray/sdk/spool');

const xray = new sdk.default({ apiKey: 'xr_test', appId: 'app', pipeline: 'entries' });
xray.run((execution) => execution.decide('loaded'));
const loaded = [
  sdk.XRaySDK,
  ai.xrayAiMiddleware,
  express.xrayMiddleware,
  replay.replay,
  spool.spool,
];
async function end() {
  const isFlushed = await xray.flush();
  console.log(JSON.stringify({ isFlushed, loaded: loaded.map((each) => typeof each) }));
}
void end();
