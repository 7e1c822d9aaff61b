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
const fastify = require('@xray/sdk/fastify');
const hono = require('@xray/sdk/hono');
const next = require('@xray/sdk/next');
const nest = require('@xray/sdk/nest');
const bullmq = require('@xray/sdk/bullmq');
const graphileWorker = require('@xray/sdk/graphile-worker');
const lambda = require('@xray/sdk/lambda');
const workers = require('@xray/sdk/workers');
const langchain = require('@xray/sdk/langchain');

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
  fastify: fastify,
  hono: hono,
  next: next,
  nest: nest,
  bullmq: bullmq,
  'graphile-worker': graphileWorker,
  lambda: lambda,
  workers: workers,
  langchain: langchain,
};
const xray = new index.XRaySDK({ apiKey: 'xr_test', appId: 'app', pipeline: 'entries' });
xray.run((execution) => execution.decide('loaded'));
const isLoaded = (entry) => Object.values(entry).some((value) => typeof value === 'function');
const loaded = Object.keys(entries).filter((name) => isLoaded(entries[name]));
void xray.flush().then((isFlushed) => console.log(JSON.stringify({ isFlushed, loaded })));
