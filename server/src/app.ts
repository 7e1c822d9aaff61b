import type { RequestListener } from 'node:http';
import compression from 'compression';
import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import { admissionOf, guard } from './auth/guard.js';
import { originCheck } from './auth/origin-check.js';
import { actorOf, credentialOf, type Door } from './auth/principal.js';
import { DomainError, errorHandler } from './errors.js';
import { checkUrl, logRequest } from './incoming.js';
import { accountRoutes } from './routes/accounts.js';
import { administrationRoutes } from './routes/administration.js';
import { appRoutes } from './routes/apps.js';
import { auditRoutes } from './routes/audit.js';
import { clerkRoutes } from './routes/clerk.js';
import { serveDashboard } from './routes/dashboard.js';
import { docsPage } from './routes/docs-page.js';

import { executionRoutes } from './routes/executions.js';
import { historyRoutes } from './routes/histories.js';
import { ingestEndpoint, isIngest } from './routes/ingest.js';
import { keyRoutes } from './routes/keys.js';
import { letterRoutes } from './routes/letters.js';
import { liveRoutes } from './routes/live.js';
import { memberRoutes } from './routes/members.js';
import { openApi } from './routes/openapi.js';
import { OTLP_PATHS, otlpEndpointFor, otlpEndpoints } from './routes/otlp.js';
import { otlpRoutes } from './routes/otlp-settings.js';
import { operationRoutes } from './routes/operations.js';
import { outcomeRoutes } from './routes/outcomes.js';
import { pipelineRoutes } from './routes/pipelines.js';
import { fairnessRoutes } from './routes/fairness.js';
import { questionRoutes } from './routes/questions.js';
import { replayRoutes } from './routes/replays.js';
import { retentionRoutes } from './routes/retention.js';
import {
  checkParameters,
  type Call,
  type Deps,
  type Endpoint,
  type Recorded,
  type Route,
} from './routes/route.js';
import { proofRoutes } from './routes/proof.js';
import { simulationRoutes } from './routes/simulate.js';
import { transferRoutes } from './routes/transfer.js';
import { viewRoutes } from './routes/views.js';
import { checkTexts } from './stored-text.js';

const MAX_JSON_BYTES = 64 * 1024;

/** Every endpoint of the API, in the order of the API document. */
export function allRoutes(deps: Deps): Endpoint[] {
  return [ingestEndpoint(deps), ...otlpEndpoints(deps), ...expressRoutes(deps)];
}

/** The endpoints that Express answers. */
function expressRoutes(deps: Deps): Route[] {
  return [
    ...executionRoutes(deps),
    ...questionRoutes(deps),
    ...fairnessRoutes(deps),
    ...pipelineRoutes(deps),
    ...outcomeRoutes(deps),
    ...proofRoutes(deps),
    ...simulationRoutes(deps),
    ...replayRoutes(deps),
    ...historyRoutes(deps),
    ...letterRoutes(deps),
    ...liveRoutes(deps),
    ...appRoutes(deps),
    ...keyRoutes(deps),
    ...memberRoutes(deps),
    ...viewRoutes(deps),
    ...(deps.clerk === undefined ? accountRoutes(deps) : clerkRoutes(deps, deps.clerk)),
    ...administrationRoutes(deps),
    ...auditRoutes(deps),
    ...retentionRoutes(deps),
    ...otlpRoutes(deps),
    ...transferRoutes(deps),
    ...operationRoutes(deps),
  ];
}

/** The HTTP interface of X-Ray. It never listens. */
export function createApp(deps: Deps, door: Door): RequestListener {
  const ingest = ingestEndpoint(deps);
  const otlp = new Map(otlpEndpoints(deps).map((endpoint) => [endpoint.path, endpoint]));
  const others = expressApp(deps, door);
  return (req, res) => {
    if (isIngest(req)) ingest.listener(req, res);
    else (otlpEndpointFor(otlp, req)?.listener ?? others)(req, res);
  };
}

function expressApp(deps: Deps, door: Door): Express {
  const routes = expressRoutes(deps);
  const endpoints = allRoutes(deps);
  const app = express();
  app.disable('x-powered-by');
  // Files keep their ETag. The API's answers are never cached, so Express does not compute one.
  app.set('etag', () => undefined);
  app.set('query parser', 'simple');
  app.use(requestLog(deps));
  app.set('trust proxy', deps.trustedProxies);
  app.use(helmet({ contentSecurityPolicy: false, strictTransportSecurity: false }));
  app.use(strictTransport(deps));
  app.use(refuseBadUrl(deps));
  if (door === 'network')
    app.use(originCheck([deps.publicUrl, deps.dashboardOrigin].filter((url) => url !== undefined)));
  app.options(['/executions', ...OTLP_PATHS], answerAnyOrigin);
  if (deps.dashboardOrigin !== undefined) app.use('/api', answerDashboard(deps.dashboardOrigin));
  app.use(compressAnswers);
  for (const route of routes) {
    app[route.method](
      route.path,
      guard(deps, door, route),
      ...bodyParser(route),
      async (req, res) => {
        // Probes and scrapers may add their own parameters to public routes.
        if (!['public', 'anyone', 'operate'].includes(route.policy)) {
          checkParameters(route, req.query);
        }
        const call = callOf(deps, route, req, res);
        if (!route.isHeavy) return await route.handle(call);
        const caller = credentialOf(call.principal);
        await deps.heavyReads.run(call.gone, () => route.handle(call), caller);
      },
    );
  }
  // The document is made at the first request, because most processes never need it.
  const document = once(() => openApi(endpoints, deps.version));
  app.get('/openapi.json', (_req, res) => {
    res.json(document());
  });
  const page = once(() => docsPage(document()));
  app.get('/docs', (_req, res) => {
    res.set('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'");
    res.type('html').send(page());
  });
  // This comes before the refusal of methods, because `GET /executions` is a page.
  if (deps.dashboardDir !== undefined) {
    app.use(serveDashboard(deps.dashboardDir, deps.clerk?.frontendOrigin));
  }
  app.all(
    endpoints.map((endpoint) => endpoint.path),
    (req) => {
      throw new DomainError('method_not_allowed', `${req.method} is not allowed here.`);
    },
  );
  app.use(() => {
    throw new DomainError('not_found', 'This address does not exist. /docs describes the API.');
  });
  app.use(errorHandler(deps.logger));
  return app;
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

function callOf(
  { accounts }: Deps,
  route: Route,
  req: express.Request,
  res: express.Response,
): Call {
  const { principal, admit } = admissionOf(res);
  const entryOf = ({ target, details = {}, actor = actorOf(principal), app }: Recorded) => {
    const { audit: action } = route;
    if (action === undefined) throw new TypeError(`${route.path} declares no \`audit\``);
    const named = req.params.app;
    return {
      appId: app ?? (typeof named === 'string' ? named : null),
      actor,
      action,
      target: target ?? null,
      details,
      ip: req.ip ?? null,
    };
  };
  return {
    req,
    res,
    principal,
    gone: goneOf(res),
    async readmit() {
      await admit();
    },
    entryOf,
    change: (work) =>
      accounts.change(async (edits) => {
        const { result, ...recorded } = await work(edits);
        return { result, entry: entryOf(recorded) };
      }),
    record: (entry = {}) => accounts.appendAudit(entryOf(entry)),
  };
}

/** The signal is aborted when the client has disconnected. */
function goneOf(res: express.Response): AbortSignal {
  const disconnected = new AbortController();
  res.once('close', () => disconnected.abort());
  return disconnected.signal;
}

function bodyParser({ body }: Route): RequestHandler[] {
  if (body === undefined) return [];
  const types = body.kind === 'raw' ? body.types : ['application/json'];
  const requireType: RequestHandler = (req, _res, next) => {
    // `is` returns null when there is no body. The parsers report that.
    if (req.is(types) === false) {
      throw new DomainError('unsupported_type', `The Content-Type must be ${types.join(' or ')}.`);
    }
    next();
  };
  if (body.kind === 'raw') return [requireType];
  const parse = express.json({ type: types, limit: MAX_JSON_BYTES });
  return body.takesAnyText ? [requireType, parse] : [requireType, parse, refuseBadText];
}

const refuseBadText: RequestHandler = (req, _res, next) => {
  checkTexts(req.body);
  next();
};

function refuseBadUrl({ keys }: Deps): RequestHandler {
  return async (req, _res, next) => {
    await checkUrl(req.url, keys);
    next();
  };
}

/** Sends a header after which browsers use only TLS. RFC 6797. */
function strictTransport({ publicUrl }: Deps): RequestHandler {
  const isHttps = publicUrl?.startsWith('https:') === true;
  return (req, res, next) => {
    if (isHttps || req.secure) res.set('Strict-Transport-Security', 'max-age=31536000');
    next();
  };
}

/** A connection begins with ten packets (RFC 6928). An answer that fits into them gains nothing from compression. */
const compress = compression({ threshold: 14_000 });
/** Answers to POST are too short to compress. */
const compressAnswers: RequestHandler = (req, res, next) => {
  if (req.method === 'POST') next();
  else compress(req, res, next);
};

/** Answers the preflight request of ingest, the only route that any page may call. */
const answerAnyOrigin: RequestHandler = (_req, res) => {
  res.set('Access-Control-Allow-Origin', '*');
  res.set('Cross-Origin-Resource-Policy', 'cross-origin');
  res.set('Access-Control-Allow-Methods', 'POST');
  res.set(
    'Access-Control-Allow-Headers',
    'authorization, x-api-key, content-type, content-encoding',
  );
  res.set('Access-Control-Max-Age', '7200');
  res.status(204).end();
};

/** A separately hosted dashboard sends Clerk tokens and no cookies, so CORS allows no credentials. */
function answerDashboard(origin: string): RequestHandler {
  return (req, res, next) => {
    res.vary('Origin');
    if (req.get('origin') === origin) {
      res.set('Access-Control-Allow-Origin', origin);
      res.set('Access-Control-Expose-Headers', 'x-request-id, retry-after');
      res.set('Cross-Origin-Resource-Policy', 'cross-origin');
    }
    if (req.method !== 'OPTIONS') {
      next();
      return;
    }
    res.set('Access-Control-Allow-Methods', 'GET, POST, PUT, PATCH, DELETE');
    res.set('Access-Control-Allow-Headers', 'authorization, content-type, last-event-id');
    res.set('Access-Control-Max-Age', '7200');
    res.status(204).end();
  };
}

function requestLog(deps: Deps): RequestHandler {
  return (req, res, next) => {
    res.set(
      'x-request-id',
      logRequest(deps, req, res, () => req.route?.path ?? null),
    );
    next();
  };
}
