// Written by exports.mjs. A host that loads every entry with `require`, records one execution, and prints what it loaded.
const index = require('@xray/sdk');
const spool = require('@xray/sdk/spool');
const express = require('@xray/sdk/express');
const ai = require('@xray/sdk/ai');
const replay = require('@xray/sdk/replay');
const jsonRulesEngine = require('@xray/sdk/json-rules-engine');
const zen = require('@xray/sdk/zen');
const openfeature = require('@xray/sdk/openfeature');
const opa = require('@xray/sdk/opa');
const dmn = require('@xray/sdk/dmn');

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
