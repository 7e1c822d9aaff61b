import { readFile } from 'node:fs/promises';
import path from 'node:path';
import {
  healthSchema,
  publicConfigSchema,
  readySchema,
  type PublicConfig,
  type Ready,
} from '@xray/core';
import { isThisMachine } from '../auth/machine.js';
import { DomainError } from '../errors.js';
import { outageOf } from '../store/errors.js';
import { readVersion } from '../version.js';
import type { Deps, Route } from './route.js';

/** Routes for operators, load balancers and the start of the dashboard. */
export function operationRoutes({
  accounts,
  executions,
  version,
  logger,
  metrics,
  publicUrl,
  clerk,
  sdkFolder,
}: Deps): Route[] {
  return [
    {
      method: 'get',
      path: '/health',
      policy: 'public',
      summary: 'Whether the process is alive. The check does not use the database.',
      answers: { 200: { description: 'Alive.', schema: healthSchema } },
      async handle({ res }) {
        res.json({ status: 'ok', version });
      },
    },
    {
      method: 'get',
      path: '/ready',
      policy: 'public',
      summary: 'Whether the server can store data now, and why not.',
      answers: {
        200: { description: 'Ready.', schema: readySchema },
        503: {
          description: 'Not ready. Programs on this machine also get the `reason`.',
          schema: readySchema,
        },
      },
      async handle({ req, res }) {
        const reason = await Promise.all([accounts.ping(), executions.ping()]).then(
          () => undefined,
          (error: unknown) => {
            const outage = outageOf(error);
            // OutageLog reports an outage, once for all probes.
            if (outage === undefined) logger.warn({ err: error }, 'not ready');
            return outage ?? 'the database answers with an unexpected error';
          },
        );
        const ok = reason === undefined;
        const ready: Ready = {
          status: ok ? 'ready' : 'unavailable',
          store: {
            kind: executions.kind,
            ok,
            ...(!ok && isThisMachine(req, publicUrl) && { reason }),
          },
        };
        res.status(ok ? 200 : 503).json(ready);
      },
    },
    {
      method: 'get',
      path: '/metrics',
      policy: 'operate',
      summary: 'Counters and timings in Prometheus’ text format.',
      answers: { 200: { description: 'text/plain; version=0.0.4' } },
      async handle({ res }) {
        res.type(metrics.contentType).send(await metrics.metrics());
      },
    },
    sdkRoute(
      sdkFolder,
      'xray-sdk.tgz',
      'The SDK in this server’s version, for `npm install`.',
      'An npm package: application/gzip.',
    ),
    sdkRoute(
      sdkFolder,
      // pip reads the version from the name.
      `xray_sdk-${readVersion()}-py3-none-any.whl`,
      'The Python SDK in this server’s version, for `pip install`.',
      'A wheel: application/zip.',
    ),
    {
      method: 'get',
      path: '/api/config',
      policy: 'public',
      summary: 'The settings that the dashboard needs when it starts.',
      answers: { 200: { description: 'Run-time settings.', schema: publicConfigSchema } },
      async handle({ req, res }) {
        const endpoint = publicUrl ?? `${req.protocol}://${req.get('host')}`;
        const needsSetup = !(await accounts.hasAdministrator());
        res.json({
          version,
          endpoint,
          signIn:
            clerk === undefined
              ? { kind: 'local', needsSetup }
              : { kind: 'clerk', publishableKey: clerk.publishableKey, needsSetup },
        } satisfies PublicConfig);
      },
    },
  ];
}

/** Serves a package that `npm start` builds. */
function sdkRoute(folder: string, file: string, summary: string, description: string): Route {
  return {
    method: 'get',
    path: `/sdk/${file}`,
    policy: 'public',
    summary,
    answers: { 200: { description } },
    async handle({ res }) {
      const bytes = await readFile(path.join(folder, file)).catch(
        (error: NodeJS.ErrnoException) => {
          if (error.code !== 'ENOENT') throw error;
          const hint = '`npm start` builds it, and so does `node scripts/prepare.mjs sdk`.';
          throw new DomainError('not_found', `The SDK was not built on this server. ${hint}`);
        },
      );
      const type = file.endsWith('.tgz') ? 'application/gzip' : 'application/zip';
      res.set('Cache-Control', 'no-cache').type(type).send(bytes);
    },
  };
}
