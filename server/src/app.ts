import { randomUUID } from 'node:crypto';
import compression from 'compression';
import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import { authorize, identify, notFound, type Door, type Principal } from './auth/guard.js';
import { localOnly } from './auth/local-only.js';
import { DomainError, errorHandler } from './errors.js';
import { appRoutes } from './routes/apps.js';
import { serveDashboard } from './routes/dashboard.js';
import { executionRoutes } from './routes/executions.js';
import { ingestRoutes } from './routes/ingest.js';
import { openApi } from './routes/openapi.js';
import { operationRoutes } from './routes/operations.js';
import { questionRoutes } from './routes/questions.js';
import { retentionRoutes } from './routes/retention.js';
import { param, type Deps, type Route } from './routes/route.js';
import { transferRoutes } from './routes/transfer.js';

const MAX_JSON_BYTES = 64 * 1024;

/** Every endpoint of the API, in the order of the document. */
export function allRoutes(deps: Deps): Route[] {
  return [
    ...ingestRoutes(deps),
    ...executionRoutes(deps),
    ...questionRoutes(deps),
    ...appRoutes(deps),
    ...retentionRoutes(deps),
    ...transferRoutes(deps),
    ...operationRoutes(deps),
  ];
}

/** The whole HTTP face of X-Ray over what is given. It never listens. */
export function createApp(deps: Deps, door: Door): Express {
  const routes = allRoutes(deps);
  const app = express();
  app.disable('x-powered-by');
  // Files keep their ETag; answers of the API are never cached, so none is computed for them.
  app.set('etag', () => undefined);
  app.set('query parser', 'simple');
  app.use(requestLog(deps));
  app.use(helmet({ contentSecurityPolicy: false, strictTransportSecurity: false }));
  if (door === 'network') app.use(localOnly);
  app.use(refuseNul);
  app.use('/executions', answerAnyOrigin);
  app.use(compressAnswers);
  for (const route of routes) {
    app[route.method](
      route.path,
      guard(deps, door, route),
      ...bodyParser(route),
      async (req, res) => {
        await route.handle({ req, res, principal: principalOf(res) });
      },
    );
  }
  const document = openApi(routes, deps.version);
  app.get('/openapi.json', (_req, res) => {
    res.json(document);
  });
  // Before the refusal of methods: to GET, `/executions` is a page.
  if (deps.dashboardDir !== undefined) app.use(serveDashboard(deps.dashboardDir));
  app.all(
    routes.map((route) => route.path),
    (req) => {
      throw new DomainError('method_not_allowed', `${req.method} is not possible here.`);
    },
  );
  app.use(() => {
    throw new DomainError(
      'not_found',
      'There is nothing here. The API is described at /openapi.json.',
    );
  });
  app.use(errorHandler(deps.logger));
  return app;
}

/** Before anything of the body is read: who is asking, may they, and does the app exist. */
function guard({ keys, store }: Deps, door: Door, route: Route): RequestHandler {
  const namesApp = route.path.split('/').includes(':app');
  return async (req, res, next) => {
    res.set('Cache-Control', 'no-store');
    const principal: Principal =
      route.policy === 'public' ? { kind: 'local' } : await identify(req, door, keys);
    const app = namesApp ? param(req, 'app') : undefined;
    authorize(principal, route.policy, app);
    if (app !== undefined && !(await store.appExists(app))) throw notFound('app');
    res.locals.principal = principal;
    next();
  };
}

function principalOf(res: express.Response): Principal {
  return res.locals.principal as Principal;
}

function bodyParser({ body }: Route): RequestHandler[] {
  if (body === undefined) return [];
  const types = body.kind === 'raw' ? body.types : ['application/json'];
  const requireType: RequestHandler = (req, _res, next) => {
    // `is` gives null where there is no body at all, which the parsers then say themselves.
    if (req.is(types) === false) {
      throw new DomainError('unsupported_type', `The Content-Type must be ${types.join(' or ')}.`);
    }
    next();
  };
  if (body.kind === 'raw') return [requireType];
  return [requireType, express.json({ type: types, limit: MAX_JSON_BYTES })];
}

/** No name of ours holds U+0000 and Postgres cannot take it, so it ends here for every parameter there is. */
const refuseNul: RequestHandler = (req, _res, next) => {
  if (req.url.includes('%00')) throw new DomainError('invalid', 'The URL holds a NUL character.');
  next();
};

const compress = compression();
/** Answers to POST are short, and those of ingest are many. */
const compressAnswers: RequestHandler = (req, res, next) => {
  if (req.method === 'POST') next();
  else compress(req, res, next);
};

/** Ingest alone may be called from any page: its key is the permission, and cookies play no part. */
const answerAnyOrigin: RequestHandler = (req, res, next) => {
  if (req.method !== 'POST' && req.method !== 'OPTIONS') {
    next();
    return;
  }
  res.set('Access-Control-Allow-Origin', '*');
  res.set('Cross-Origin-Resource-Policy', 'cross-origin');
  if (req.method === 'POST') {
    next();
    return;
  }
  res.set('Access-Control-Allow-Methods', 'POST');
  res.set(
    'Access-Control-Allow-Headers',
    'authorization, x-api-key, content-type, content-encoding',
  );
  res.set('Access-Control-Max-Age', '7200');
  res.status(204).end();
};

/** One line a request, by the route's pattern: ids and filters in a URL can name people. */
function requestLog({ logger, now }: Deps): RequestHandler {
  return (req, res, next) => {
    const startedAt = now();
    const requestId = randomUUID();
    res.set('x-request-id', requestId);
    res.on('finish', () => {
      logger.debug(
        {
          requestId,
          method: req.method,
          route: req.route?.path ?? null,
          status: res.statusCode,
          durationMs: now() - startedAt,
        },
        'request',
      );
    });
    next();
  };
}
