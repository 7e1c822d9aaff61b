import { executionProofSchema, proofQuerySchema, proofStateSchema } from '@xray/core';
import { notFound } from '../auth/policy.js';
import { DomainError } from '../errors.js';
import type { ProofService } from '../proof/proof-service.js';
import { param, parse, type Deps, type Route } from './route.js';

const WAIT_MS = 60_000;
const BYTES = 'application/octet-stream';

/** The log of seals: its state, its tiles as C2SP names them, and the proof of one execution. */
export function proofRoutes({ proof }: Deps): Route[] {
  return [
    {
      method: 'get',
      path: '/api/apps/:app/proof',
      policy: 'read',
      summary: 'The log of seals: its public key, how far it is signed, and what waits.',
      query: proofQuerySchema,
      answers: { 200: { description: 'The state of the log.', schema: proofStateSchema } },
      async handle({ req, res, gone }) {
        const app = param(req, 'app');
        const { wait } = parse(proofQuerySchema, req.query);
        if (wait === 'true') await waitFor(app, gone);
        res.json(await proof.readState(app));
      },
    },
    {
      method: 'get',
      path: '/api/apps/:app/proof/log/checkpoint',
      policy: 'read',
      summary: 'The newest signed checkpoint of the log (C2SP tlog-checkpoint).',
      answers: { 200: { description: 'A signed note.', type: 'text/plain' } },
      async handle({ req, res }) {
        const note = await proof.readCheckpoint(param(req, 'app'));
        if (note === undefined) throw notFound('checkpoint');
        res.type('text/plain').send(note);
      },
    },
    {
      method: 'get',
      path: '/api/apps/:app/proof/log/tile/*path',
      policy: 'read',
      summary: 'A tile of hashes or a bundle of entries of the signed log (C2SP tlog-tiles).',
      examples: { path: '0/000.p/1' },
      answers: { 200: { description: BYTES, type: BYTES } },
      async handle({ req, res }) {
        const rest = req.params.path;
        const path = Array.isArray(rest) ? rest.join('/') : rest;
        const tile = await proof.readTile(param(req, 'app'), `tile/${path}`);
        if (tile === undefined) throw notFound('tile');
        res.type(BYTES).send(Buffer.from(tile));
      },
    },
    {
      method: 'get',
      path: '/api/apps/:app/executions/:id/proof',
      policy: 'read',
      audit: 'execution.proof',
      summary: 'The proof that this version of the execution is in the signed log.',
      answers: { 200: { description: 'The seal.', schema: executionProofSchema } },
      async handle({ req, res, record }) {
        const executionId = param(req, 'id');
        await record({ target: executionId });
        res.json(await proof.proveExecution(param(req, 'app'), executionId));
      },
    },
  ];

  async function waitFor(app: string, gone: AbortSignal): Promise<void> {
    await refuseWithoutSeals(proof, app);
    if (await proof.waitUntilSealed(WAIT_MS, gone)) return;
    throw new DomainError(
      'unavailable',
      `Not everything was sealed within ${WAIT_MS / 1_000} seconds. Try again.`,
    );
  }
}

/** Throws a DomainError if this server seals nothing, because a wait for seals would never end. */
export async function refuseWithoutSeals(proof: ProofService, app: string): Promise<void> {
  if ((await proof.readState(app)).state !== 'off') return;
  throw new DomainError('conflict', 'This server seals nothing. Set XRAY_PROOF=on and restart it.');
}
