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
import * as fastify from '@xray/sdk/fastify';
import * as hono from '@xray/sdk/hono';
import * as next from '@xray/sdk/next';
import * as nest from '@xray/sdk/nest';
import * as bullmq from '@xray/sdk/bullmq';
import * as graphileWorker from '@xray/sdk/graphile-worker';
import * as lambda from '@xray/sdk/lambda';
import * as workers from '@xray/sdk/workers';
import * as langchain from '@xray/sdk/langchain';

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
