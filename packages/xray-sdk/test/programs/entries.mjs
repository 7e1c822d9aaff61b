// Written by exports.mjs. A host that loads every entry with `import`, records one execution, and prints what it loaded.
import * as index from '@xray/sdk';
import * as spool from '@xray/sdk/spool';
import * as express from '@xray/sdk/express';
import * as ai from '@xray/sdk/ai';
import * as replay from '@xray/sdk/replay';
import * as jsonRulesEngine from '@xray/sdk/json-rules-engine';
import * as zen from '@xray/sdk/zen';
import * as openfeature from '@xray/sdk/openfeature';
import * as opa from '@xray/sdk/opa';
import * as dmn from '@xray/sdk/dmn';

const entries = {
  index: index,
  spool: spool,
  express: express,
  ai: ai,
  replay: replay,
  'json-rules-engine': jsonRulesEngine,
  zen: zen,
  openfeature: openfeature,
  opa: opa,
  dmn: dmn,
};
const xray = new index.XRaySDK({ apiKey: 'xr_test', appId: 'app', pipeline: 'entries' });
xray.run((execution) => execution.decide('loaded'));
const isLoaded = (entry) => Object.values(entry).some((value) => typeof value === 'function');
const loaded = Object.keys(entries).filter((name) => isLoaded(entries[name]));
void xray.flush().then((isFlushed) => console.log(JSON.stringify({ isFlushed, loaded })));
