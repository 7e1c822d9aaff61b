import { existsSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import { appIdSchema, newAccountSchema } from '@xray/core';
import { isUsableKey } from './auth/api-key.js';
import { frontendHostOf, type ClerkOptions } from './auth/clerk.js';
import { forwardTarget, type ForwardTarget } from './forward-target.js';

/**
 * The clone that this server runs from. It has the `.env` files, the dashboard and the default data
 * directory.
 */
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface Config {
  port: number;
  host: string;
  database:
    | { kind: 'pglite'; dataDir: string }
    | {
        kind: 'postgres';
        connectionString: string;
        caCert: string | undefined;
        maxConnections: number;
      };
  dashboardDir: string | undefined;
  /** The folder of the SDK's packages, which `npm start` builds. */
  sdkFolder: string;
  logLevel: string;
  /** The file descriptor that the log is written to. */
  logTo: number;
  /** Limit of each API key at ingest; undefined means no limit. */
  requestsPerMinute: number | undefined;
  /** The origin where people reach the server, if it is not where it listens. */
  publicUrl: string | undefined;
  /** A program with this token may read `/metrics` from another machine or through a proxy. */
  metricsToken: string | undefined;
  trustedProxies: string[];
  dashboardOrigin: string | undefined;
  /** Where finished executions are sent as OTLP. */
  forward: ForwardTarget | undefined;
  /** Whether records are sealed. `key` is the PEM text or file of XRAY_PROOF_KEY. */
  proof: { key: string | undefined } | undefined;
  /** Clerk's settings; undefined means local accounts. */
  clerk: ClerkOptions | undefined;
  /** Signs cookies and links. For the embedded database a secret is created and kept next to it. */
  authSecret: string | undefined;
  /** These settings are used once, on an empty database. */
  init: {
    appId: string;
    apiKey: string | undefined;
    user: { email: string; password: string } | undefined;
  };
}

/** A wrong setting. The message names it and says what to do. */
export class ConfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ConfigError';
  }
}

type UrlPart = 'credentials' | 'path' | 'query' | 'hash';

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

const publishableKey = z
  .string()
  .refine(
    (key) => frontendHostOf(key) !== undefined,
    'must be a publishable key, pk_test_… or pk_live_…',
  )
  .optional();

/** An http(s) address without these parts, because nothing would use them. */
function webAddress(refused: UrlPart[]): z.ZodType<string, string> {
  return z
    .string()
    .trim()
    .superRefine((text, context) => {
      if (!URL.canParse(text) || !/^https?:\/\//i.test(text)) {
        context.addIssue('must begin with http:// or https://');
        return;
      }
      const extra = extraParts(text, refused);
      if (extra === undefined) return;
      context.addIssue(
        `must be an address such as ${new URL(text).origin}; ${extra} would be ignored`,
      );
    });
}

const origin = webAddress(['credentials', 'path', 'query', 'hash']).transform(
  (text) => new URL(text).origin,
);

// `z.coerce` would read a blank as 0, and 0x10 as 16.
const wholeNumber = z
  .string()
  .trim()
  .regex(/^\d{1,15}$/, 'must be a whole number')
  .transform(Number);

const variables = z.object({
  PORT: wholeNumber.pipe(z.number().min(0).max(65_535)).default(4000),
  HOST: z.string().default('127.0.0.1'),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must begin with postgres:// or postgresql://')
    .superRefine((text, context) => {
      const fault = databaseUrlFault(text);
      if (fault !== undefined) context.addIssue(fault);
    })
    .optional(),
  // Ingest would be lost if a setting were ignored, so it is refused until the engine answers every question.
  CLICKHOUSE_URL: z
    .undefined(
      'ClickHouse does not yet answer every question, so X-Ray does not start on it. ' +
        'Unset CLICKHOUSE_URL; docs/scale.md says what is missing.',
    )
    .optional(),
  DATABASE_CA_CERT: z.string().optional(),
  DATABASE_POOL_MAX: wholeNumber.pipe(z.number().min(1).max(1000)).default(10),
  XRAY_DATA_DIR: z.string().default(path.join(ROOT, '.xray')),
  XRAY_LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
  XRAY_INIT_APP_ID: appIdSchema.default('my-loan-app'),
  XRAY_INIT_API_KEY: z
    .string()
    .refine(isUsableKey, 'must begin with xr_ and have at least 32 characters without spaces')
    .optional(),
  XRAY_INIT_USER_EMAIL: newAccountSchema.shape.email.optional(),
  XRAY_INIT_USER_PASSWORD: newAccountSchema.shape.password.optional(),
  XRAY_AUTH_SECRET: z
    .string()
    .min(32, 'must have at least 32 characters; create one with `openssl rand -base64 32`')
    .optional(),
  XRAY_METRICS_TOKEN: z
    .string()
    .min(32, 'must have at least 32 characters; create one with `openssl rand -hex 32`')
    .optional(),
  XRAY_PUBLIC_URL: origin.optional(),
  XRAY_DASHBOARD_ORIGIN: origin.optional(),
  CLERK_SECRET_KEY: z.string().optional(),
  CLERK_PUBLISHABLE_KEY: publishableKey,
  NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY: publishableKey,
  CLERK_JWT_KEY: z
    .string()
    .transform((pem) => pem.replaceAll('\\n', '\n'))
    .optional(),
  CLERK_WEBHOOK_SIGNING_SECRET: z.string().optional(),
  CLERK_API_URL: webAddress(['credentials', 'query', 'hash']).default('https://api.clerk.com'),
  XRAY_TRUSTED_PROXIES: z
    .string()
    .transform((list) => list.split(',').map((entry) => entry.trim()))
    .refine((list) => list.every(isProxyAddress), 'must be addresses or ranges, such as 10.0.0.0/8')
    .default([]),
  XRAY_OTLP_FORWARD_URL: webAddress(['credentials', 'query', 'hash']).optional(),
  XRAY_OTLP_FORWARD_HEADERS: z.string().optional(),
  XRAY_PROOF: z.enum(['on', 'off']).default('off'),
  XRAY_PROOF_KEY: z.string().optional(),
  XRAY_RATE_LIMIT: wholeNumber.pipe(z.number().min(1)).optional(),
  SUPABASE_URL: z.string().optional(),
});

/**
 * All settings, complete. `env` has priority over `server/.env.local`, then `server/.env`, then the
 * same two files in the root folder. An empty variable counts as not set.
 *
 * @throws ConfigError naming the variable.
 */
export function loadConfig(env: Record<string, string | undefined>): Config {
  const present = Object.entries({ ...readEnvFiles(), ...env }).filter(([, value]) => value !== '');
  const parsed = variables.safeParse(Object.fromEntries(present));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new ConfigError(`${issue?.path.join('.')}: ${issue?.message}`);
  }
  const settings = parsed.data;
  const dashboardDir = path.join(ROOT, 'apps/dashboard/out');
  return {
    port: settings.PORT,
    host: settings.HOST,
    database: databaseOf(settings),
    dashboardDir: existsSync(dashboardDir) ? dashboardDir : undefined,
    sdkFolder: path.join(ROOT, 'packages/xray-sdk/out'),
    logLevel: settings.XRAY_LOG_LEVEL,
    // The log goes to stderr, so stdout has only the messages for people.
    logTo: 2,
    requestsPerMinute: settings.XRAY_RATE_LIMIT,
    publicUrl: settings.XRAY_PUBLIC_URL,
    metricsToken: settings.XRAY_METRICS_TOKEN,
    dashboardOrigin: dashboardOriginOf(settings),
    forward: forwardOf(settings),
    proof: proofOf(settings),
    clerk: clerkOf(settings),
    trustedProxies: settings.XRAY_TRUSTED_PROXIES,
    authSecret: authSecretOf(settings),
    init: {
      appId: settings.XRAY_INIT_APP_ID,
      apiKey: settings.XRAY_INIT_API_KEY,
      user: firstUserOf(settings),
    },
  };
}

function clerkOf(settings: z.output<typeof variables>): ClerkOptions | undefined {
  const secretKey = settings.CLERK_SECRET_KEY;
  const { CLERK_PUBLISHABLE_KEY: serverKey, NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY: pageKey } = settings;
  const key = serverKey ?? pageKey;
  if (pageKey !== undefined && pageKey !== key) {
    throw new ConfigError(
      'CLERK_PUBLISHABLE_KEY and NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY differ: set one of them.',
    );
  }
  if (secretKey === undefined && key === undefined) return undefined;
  if (secretKey === undefined || key === undefined) {
    throw new ConfigError(
      'CLERK_SECRET_KEY and CLERK_PUBLISHABLE_KEY: set both to sign in with Clerk, or neither.',
    );
  }
  return {
    publishableKey: key,
    secretKey,
    jwtKey: settings.CLERK_JWT_KEY,
    webhookSigningSecret: settings.CLERK_WEBHOOK_SIGNING_SECRET,
    apiUrl: settings.CLERK_API_URL,
  };
}

function forwardOf(settings: z.output<typeof variables>): ForwardTarget | undefined {
  const { XRAY_OTLP_FORWARD_URL: base, XRAY_OTLP_FORWARD_HEADERS: headers } = settings;
  if (base === undefined) {
    if (headers === undefined) return undefined;
    throw new ConfigError('XRAY_OTLP_FORWARD_HEADERS: set XRAY_OTLP_FORWARD_URL too.');
  }
  const target = forwardTarget(base, headers ?? '');
  if (target !== undefined) return target;
  throw new ConfigError(
    'XRAY_OTLP_FORWARD_HEADERS: must be pairs such as x-api-key=secret, separated by commas; write special characters as %XX.',
  );
}

function proofOf(settings: z.output<typeof variables>): Config['proof'] {
  const { XRAY_PROOF: proof, XRAY_PROOF_KEY: key, DATABASE_URL: url } = settings;
  if (proof === 'off') return undefined;
  if (url !== undefined && key === undefined) {
    throw new ConfigError(
      'XRAY_PROOF_KEY: with DATABASE_URL set an Ed25519 key, which all servers share; create one with `openssl genpkey -algorithm ed25519 -out proof.pem`.',
    );
  }
  return { key };
}

function dashboardOriginOf(settings: z.output<typeof variables>): string | undefined {
  if (settings.XRAY_DASHBOARD_ORIGIN !== undefined && settings.CLERK_SECRET_KEY === undefined) {
    throw new ConfigError(
      'XRAY_DASHBOARD_ORIGIN: a dashboard on another host gets no cookies, so it needs Clerk (CLERK_SECRET_KEY).',
    );
  }
  return settings.XRAY_DASHBOARD_ORIGIN;
}

function authSecretOf(settings: z.output<typeof variables>): string | undefined {
  if (settings.DATABASE_URL !== undefined && settings.XRAY_AUTH_SECRET === undefined) {
    throw new ConfigError(
      'XRAY_AUTH_SECRET: DATABASE_URL requires it, the same for every server on that database. ' +
        'Create one with `openssl rand -base64 32`.',
    );
  }
  return settings.XRAY_AUTH_SECRET;
}

function firstUserOf(settings: z.output<typeof variables>): Config['init']['user'] {
  const { XRAY_INIT_USER_EMAIL: email, XRAY_INIT_USER_PASSWORD: password } = settings;
  if (email === undefined && password === undefined) return undefined;
  if (email === undefined || password === undefined) {
    throw new ConfigError(
      'XRAY_INIT_USER_EMAIL and XRAY_INIT_USER_PASSWORD: set both of them, or neither.',
    );
  }
  return { email, password };
}

/** Parameters of a URL's query that the Postgres driver reads. */
const DRIVER_PARAMETERS = new Set(
  (
    'host port user password options application_name client_encoding ssl sslmode sslcert sslkey ' +
    'sslrootcert sslnegotiation uselibpqcompat statement_timeout lock_timeout query_timeout ' +
    'idle_in_transaction_session_timeout'
  ).split(' '),
);
/** Some hosts put these parameters into their URLs. X-Ray does not need them. */
const HARMLESS_PARAMETERS = new Set(['pgbouncer', 'channel_binding', 'connect_timeout']);

/**
 * Says which part of a database's address would be ignored or misread. The text contains a
 * password, so only names of parts are shown.
 */
function databaseUrlFault(text: string): string | undefined {
  if (!URL.canParse(text)) {
    return 'cannot be read as a URL. Write special characters of the password as %XX, for example # as %23';
  }
  if (text.includes('#')) return 'contains a #, which ends the address. Write it as %23';
  for (const name of new URL(text).searchParams.keys()) {
    if (name === 'schema')
      return 'has the parameter schema, but the tables are always in the schema xray';
    if (!DRIVER_PARAMETERS.has(name) && !HARMLESS_PARAMETERS.has(name)) {
      return `has the parameter ${name}, which would be ignored`;
    }
  }
  return undefined;
}

/** Names the first of these parts that a URL has. */
function extraParts(text: string, parts: UrlPart[]): string | undefined {
  const url = new URL(text);
  const found: Record<UrlPart, string> = {
    credentials: url.username + url.password,
    // `https://host//` has the path `//`.
    path: url.pathname.replace(/^\/$/, ''),
    query: text.includes('?') ? '?' : '',
    hash: text.includes('#') ? '#' : '',
  };
  const named: Record<UrlPart, string> = {
    credentials: 'the user name and password',
    path: `the path ${url.pathname}`,
    query: 'the query after the ?',
    hash: 'the part after the #',
  };
  const part = parts.find((name) => found[name] !== '');
  return part && named[part];
}

/** An address, or a range of addresses in CIDR notation. */
function isProxyAddress(entry: string): boolean {
  const [address = '', bits, ...rest] = entry.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return (
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
  );
}

function databaseOf(settings: z.output<typeof variables>): Config['database'] {
  if (settings.DATABASE_URL !== undefined) {
    const caCert = readCertificate(settings.DATABASE_CA_CERT);
    const query = new URL(settings.DATABASE_URL).searchParams;
    if (caCert !== undefined && (query.get('sslmode') === 'disable' || query.has('sslrootcert'))) {
      throw new ConfigError(
        'DATABASE_CA_CERT: it turns TLS on and verifies against this authority. ' +
          'Remove sslmode=disable and sslrootcert from DATABASE_URL, or unset DATABASE_CA_CERT.',
      );
    }
    return {
      kind: 'postgres',
      connectionString: settings.DATABASE_URL,
      caCert,
      maxConnections: settings.DATABASE_POOL_MAX,
    };
  }
  if (settings.SUPABASE_URL !== undefined) {
    throw new ConfigError(
      'SUPABASE_URL is set without DATABASE_URL. X-Ray talks to Postgres itself: in the Supabase dashboard open ' +
        'your project, press Connect, and copy the connection string (session or transaction pooler) into ' +
        'DATABASE_URL. SUPABASE_ANON_KEY is not used: an anonymous key must not be able to write decision ' +
        'records (docs/adr/0003-no-anonymous-supabase-key.md).',
    );
  }
  return { kind: 'pglite', dataDir: path.resolve(settings.XRAY_DATA_DIR) };
}

/** The setting holds a PEM or its path. Environments that cannot hold line ends write them as \n. */
function readCertificate(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const pem = value.includes('-----BEGIN') ? value.replaceAll('\\n', '\n') : readIfThere(value);
  if (pem === undefined) {
    throw new ConfigError(
      `DATABASE_CA_CERT: "${value}" is neither a PEM certificate nor a readable file.`,
    );
  }
  return pem;
}

function readEnvFiles(): Record<string, string | undefined> {
  const files = ['.env', '.env.local', 'server/.env', 'server/.env.local'];
  return Object.assign(
    {},
    ...files.map((file) => parseEnv(readIfThere(path.join(ROOT, file)) ?? '')),
  );
}

function readIfThere(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
