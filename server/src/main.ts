import { setMaxListeners } from 'node:events';
import { createServer, type Server } from 'node:http';
import { BlockList, isIPv6, type AddressInfo } from 'node:net';
import path from 'node:path';
import { pino, type Logger } from 'pino';
import { Registry, collectDefaultMetrics } from 'prom-client';
import { createApp } from './app.js';
import { createAccounts } from './auth/accounts.js';
import { generateApiKey, hashApiKey, keyIdOf } from './auth/api-key.js';
import type { Clerk } from './auth/clerk.js';
import { GuessLimit } from './auth/guess-limit.js';
import { KeyRing } from './auth/key-ring.js';
import { OneTimeLinks } from './auth/one-time-links.js';
import { Passwords } from './auth/passwords.js';
import { rateLimit } from './auth/rate-limit.js';
import type { Config } from './config.js';
import { limitConnections } from './connections.js';
import { authSecretIn, lockDataDir, type DataDirLock } from './data-dir.js';
import { loggedError } from './logged-error.js';
import { Intake } from './ingest/intake.js';
import { OtlpAssembly } from './ingest/otlp-assembly.js';
import { OtlpIntake } from './ingest/otlp-intake.js';
import { OtlpMetrics } from './ingest/otlp-metrics.js';
import { OtlpSettingsReader } from './ingest/otlp-settings.js';
import { OutageLog } from './outage-log.js';
import { HeavyReads, heavyReadsFor } from './query/heavy-reads.js';
import type { Deps } from './routes/route.js';
import type { NewApiKey } from './store/access-store.js';
import type { Driver } from './postgres/driver.js';
import { openPglite } from './postgres/drivers/pglite.js';
import { openPostgres } from './postgres/drivers/postgres.js';
import { watchErrors } from './store-errors.js';
import { outageOf } from './store/errors.js';
import { isDatabaseError } from './postgres/outage.js';
import { createStores } from './postgres/open.js';
import { TaskThreads } from './threads/task-threads.js';
import { ErasureMetrics } from './upkeep/metrics.js';
import { proofKeyOf, type ProofKey } from './proof/proof-key.js';
import { ProofService } from './proof/proof-service.js';
import { BATCHES } from './proof/sealer.js';
import { startSealingJob } from './proof/sealing-job.js';
import type { Job } from './job.js';
import { startForwardJob } from './upkeep/forward-job.js';
import { startOtlpJob } from './upkeep/otlp-job.js';
import { startRetentionJob } from './upkeep/retention-job.js';
import { readVersion } from './version.js';
import { safeJson } from './safe-json.js';
import type { AccountStore } from './store/account-store.js';

/** How long a stop waits for requests that are being answered, in ms. */
const STOP_TIMEOUT_MS = 10_000;
/** How often a stopping server closes connections that became idle, in ms. */
const LOOK_FOR_IDLE_MS = 50;
/**
 * Threads that read records for questions. While one runs a long comparison, the other serves
 * searches.
 */
const THREADS = 2;
/** How long clients may take, in ms. */
interface Patience {
  /** The limit for the headers of a request, from the connection or the request's first byte. */
  headersMs: number;
  /** The limit for the whole request. */
  requestMs: number;
  /** The limit between two requests on a connection. */
  keepAliveMs: number;
  /** How often the first two limits are checked. */
  checkEveryMs: number;
}

const PATIENCE: Patience = {
  headersMs: 15_000,
  requestMs: 60_000,
  // This is longer than a load balancer keeps a connection, because the balancer must be the side
  // that closes it.
  keepAliveMs: 75_000,
  checkEveryMs: 5_000,
};

/** The part that answers requests: composed and migrated, but without a port. */
export interface Backend {
  deps: Deps;
  /** Signs the logs of seals; undefined if nothing is sealed. */
  proofKey: ProofKey | undefined;
  /** Names of the migrations that this start applied. */
  migrated: string[];
  /** The lock on the data directory; undefined with Postgres. */
  lock: DataDirLock | undefined;
  /** Sets the address for links, once it is known. */
  announce(url: string): void;
  /** Ends answers that would otherwise never end, such as live streams. */
  stopStreams(): void;
  close(): Promise<void>;
}

export interface RunningServer {
  url: string;
  /** The app and key that were created in an empty database. The key is shown only here. */
  firstStart: { appId: string; apiKey: string } | undefined;
  /** Creates the first administrator; undefined when one exists. */
  setupLink: string | undefined;
  /** Finishes the running requests, then closes the store. */
  stop(): Promise<void>;
}

/** Opens and migrates the store, and composes the parts that answer requests. */
export async function openBackend(config: Config): Promise<Backend> {
  const logger = pino(
    {
      level: config.logLevel,
      base: null,
      serializers: { err: loggedError },
      hooks: { streamWrite: safeJson },
    },
    pino.destination(config.logTo),
  );
  const outages = new OutageLog(logger, Date.now);
  const { driver, lock, secret } = await openDatabase(config, logger, outages);
  const proofKey = await proofKeyOf(config);
  const metrics = new Registry();
  const threads = new TaskThreads(THREADS);
  const stores = watchErrors(createStores(driver, threads), {
    isFailure: isDatabaseError,
    registry: metrics,
    outages,
  });
  const { accounts, executions } = stores;
  // Ingest has its own thread, so questions cannot delay it.
  const intakeThread = new TaskThreads(1);
  const otlpThread = new TaskThreads(1);
  const passwords = new Passwords();
  const stopping = new AbortController();
  // Every live stream adds a listener, and removes it at its end.
  setMaxListeners(0, stopping.signal);
  let siteUrl = config.publicUrl ?? urlOf(config.host, config.port);
  const close = async (): Promise<void> => {
    stopping.abort();
    await Promise.all([
      threads.close(),
      intakeThread.close(),
      otlpThread.close(),
      passwords.close(),
    ]);
    await executions.close();
    await accounts.close();
    await lock?.release();
  };
  try {
    const migrated = [...(await accounts.migrate()), ...(await executions.migrate())];
    if (migrated.length > 0) logger.info({ migrated }, 'the tables were updated');
    const now = Date.now;
    collectDefaultMetrics({ register: metrics });
    const otlpMetrics = new OtlpMetrics(metrics, () => accounts.waiting.measureWaiting());
    const otlpSettings = new OtlpSettingsReader(accounts.waiting, now);
    const deps: Deps = {
      accounts,
      executions,
      embedded: stores.embedded,
      threads,
      localAccounts: createAccounts({
        db: driver.db,
        secret,
        publicUrl: config.publicUrl,
        passwords,
      }),
      passwords,
      clerk: await clerkOf(config, accounts, () => pagesOf(config, siteUrl)),
      dashboardOrigin: config.dashboardOrigin,
      guesses: new GuessLimit(accounts, now),
      links: new OneTimeLinks(accounts, secret, () => config.dashboardOrigin ?? siteUrl, now),
      publicUrl: config.publicUrl,
      metricsToken: config.metricsToken,
      trustedProxies: config.trustedProxies,
      metrics,
      intake: new Intake(executions, metrics, intakeThread),
      otlpMetrics,
      otlpSettings,
      otlp: new OtlpIntake({
        waiting: accounts.waiting,
        batchesAtOnce: executions.limits.batchesAtOnce,
        metrics: otlpMetrics,
        settings: otlpSettings,
        threads: otlpThread,
        now,
      }),
      otlpAssembly: new OtlpAssembly({
        waiting: accounts.waiting,
        executions,
        metrics: otlpMetrics,
        settings: otlpSettings,
        threads: otlpThread,
        logger,
        now,
      }),
      heavyReads: new HeavyReads(heavyReadsFor(executions.limits.heavyReadsAtOnce), metrics),
      erasures: new ErasureMetrics(metrics),
      proof: new ProofService(accounts.proof, proofKey),
      limitRate: rateLimit(config.requestsPerMinute),
      logger,
      stopping: stopping.signal,
      now,
      keys: new KeyRing(accounts, now),
      version: readVersion(),
      dashboardDir: config.dashboardDir,
      sdkFolder: config.sdkFolder,
    };
    lock?.serve(createApp(deps, 'socket'));
    const announce = (url: string): void => {
      siteUrl = config.publicUrl ?? url;
    };
    const stopStreams = (): void => stopping.abort();
    return { deps, proofKey, migrated, lock, announce, stopStreams, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Starts the whole server and resolves when it is listening. */
export async function startServer(
  config: Config,
  patience: Patience = PATIENCE,
): Promise<RunningServer> {
  const backend = await openBackend(config);
  try {
    if (config.clerk === undefined) await backend.deps.localAccounts.load();
    const firstStart = await initialize(backend.deps, config.init);
    const server = createServer(
      {
        headersTimeout: patience.headersMs,
        requestTimeout: patience.requestMs,
        keepAliveTimeout: patience.keepAliveMs,
        connectionsCheckingInterval: patience.checkEveryMs,
      },
      createApp(backend.deps, 'network'),
    );
    const stopLimiting = limitConnections(server, {
      logger: backend.deps.logger,
      isTrusted: membership(config.trustedProxies),
      now: backend.deps.now,
    });
    const url = await listen(server, config);
    backend.announce(url);
    const setupLink = await backend.deps.links.setupLink();
    const retention = startRetentionJob(backend.deps);
    const indexing = backend.deps.executions.startJobs(backend.deps);
    const forwarding = config.forward && startForwardJob(backend.deps, config.forward);
    const sealing = startSealing(config, backend);
    const assembling = startOtlpJob(backend.deps.otlpAssembly, backend.deps.logger);
    const stop = async (): Promise<void> => {
      backend.stopStreams();
      stopLimiting();
      await Promise.all([
        closeServer(server),
        retention.stop(),
        indexing.stop(),
        assembling.stop(),
        forwarding?.stop(),
        sealing?.stop(),
      ]);
      await backend.close();
    };
    let stopped: Promise<void> | undefined;
    return { url, firstStart, setupLink, stop: () => (stopped ??= stop()) };
  } catch (error) {
    await backend.close();
    throw error;
  }
}

async function openDatabase(
  { database, authSecret }: Config,
  logger: Logger,
  outages: OutageLog,
): Promise<{ driver: Driver; lock: DataDirLock | undefined; secret: string }> {
  if (database.kind === 'postgres') {
    if (authSecret === undefined) throw new TypeError('the settings guarantee a secret here');
    const onConnectionError = (error: unknown): void => {
      outages.failed(error, outageOf(error) ?? 'a connection to the database broke');
    };
    const driver = openPostgres({ ...database, onConnectionError });
    return { driver, lock: undefined, secret: authSecret };
  }
  const lock = await lockDataDir(database.dataDir);
  try {
    const secret = authSecret ?? (await authSecretIn(database.dataDir));
    const driver = await openPglite(path.join(database.dataDir, 'db'), (error) => {
      logger.error({ err: error }, 'the embedded database is restarting');
    });
    return { driver, lock, secret };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

function startSealing(config: Config, { deps, proofKey }: Backend): Job | undefined {
  if (proofKey === undefined) return undefined;
  const { accounts, metrics, logger, now } = deps;
  const database = config.database.kind;
  const host = new URL(config.publicUrl ?? urlOf(config.host, config.port)).hostname;
  const parts = { store: accounts.proof, key: proofKey, host, limits: BATCHES[database] };
  return startSealingJob({ ...parts, metrics, logger, now });
}

/** Clerk's code is loaded only when its keys are set. */
async function clerkOf(
  { clerk }: Config,
  accounts: AccountStore,
  pages: () => string[],
): Promise<Clerk | undefined> {
  if (clerk === undefined) return undefined;
  const { Clerk: Service } = await import('./auth/clerk.js');
  return new Service(clerk, accounts, pages);
}

async function initialize(
  { accounts, passwords }: Deps,
  init: Config['init'],
): Promise<RunningServer['firstStart']> {
  const byItself = {
    actor: { kind: 'administrator', id: null, name: null },
    details: { by: 'first start' },
    ip: null,
  } as const;
  const { user } = init;
  if (user !== undefined && !(await accounts.hasAdministrator())) {
    const nonce = await accounts.setupNonce();
    const first = {
      email: user.email,
      name: user.email,
      isAdministrator: true,
      passwordHash: await passwords.hash(user.password),
    };
    await accounts.change(async (edits) => {
      const result = await edits.claimSetup(nonce, first);
      const claim = { ...byItself, appId: null, action: 'setup.claim', target: user.email };
      return { result, entry: result && claim };
    });
  }
  const generated = generateApiKey();
  const chosen = init.apiKey;
  const key: NewApiKey = {
    id: chosen === undefined ? generated.id : keyIdOf(chosen),
    app: init.appId,
    name: 'first key',
    hash: hashApiKey(chosen ?? generated.key),
    scopes: chosen === undefined ? ['ingest'] : ['ingest', 'read'],
    environments: null,
    requestsPerMinute: null,
    expiresAt: null,
    createdBy: null,
  };
  const made = await accounts.change(async (edits) => {
    const result = await edits.initialize({ id: init.appId, name: init.appId }, key);
    const creation = { ...byItself, appId: init.appId, action: 'app.create', target: null };
    return { result, entry: result ? creation : undefined };
  });
  // An operator who chose the key already knows it. Printing it would only put it into a log.
  return made && chosen === undefined ? { appId: init.appId, apiKey: generated.key } : undefined;
}

async function listen(server: Server, { port, host }: Config): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { port: actualPort } = server.address() as AddressInfo;
  return urlOf(host, actualPort);
}

/** The origins of our own pages. */
function pagesOf({ dashboardOrigin }: Config, siteUrl: string): string[] {
  const local = new URL(siteUrl);
  if (local.hostname === '127.0.0.1') local.hostname = 'localhost';
  return [siteUrl, local.origin, ...(dashboardOrigin === undefined ? [] : [dashboardOrigin])];
}

/** Returns a test whether an address is in these addresses and ranges. */
function membership(ranges: string[]): (ip: string) => boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (ip) => list.check(ip, isIPv6(ip) ? 'ipv6' : 'ipv4');
}

function urlOf(host: string, port: number): string {
  // A browser cannot open the address for all interfaces, so the printed link uses localhost.
  if (host === '0.0.0.0' || host === '::') return `http://localhost:${port}`;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

async function closeServer(server: Server): Promise<void> {
  const impatience = setTimeout(() => server.closeAllConnections(), STOP_TIMEOUT_MS);
  // A connection whose answer has just ended waits for a next request, which will not come.
  const looking = setInterval(() => server.closeIdleConnections(), LOOK_FOR_IDLE_MS);
  await new Promise((done) => server.close(done));
  clearInterval(looking);
  clearTimeout(impatience);
}
