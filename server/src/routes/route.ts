import type { Request, Response } from 'express';
import type { z } from 'zod';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { textOfSegment, type AuditEntry } from '@xray/core';
import type { Accounts } from '../auth/accounts.js';
import type { Clerk } from '../auth/clerk.js';
import type { GuessLimit } from '../auth/guess-limit.js';
import type { KeyRing } from '../auth/key-ring.js';
import type { OneTimeLinks } from '../auth/one-time-links.js';
import type { Passwords } from '../auth/passwords.js';
import type { Policy } from '../auth/policy.js';
import type { Principal } from '../auth/principal.js';
import type { RateLimit } from '../auth/rate-limit.js';
import { DomainError } from '../errors.js';
import type { Intake } from '../ingest/intake.js';
import type { OtlpAssembly } from '../ingest/otlp-assembly.js';
import type { OtlpIntake } from '../ingest/otlp-intake.js';
import type { OtlpMetrics } from '../ingest/otlp-metrics.js';
import type { OtlpSettingsReader } from '../ingest/otlp-settings.js';
import type { HeavyReads } from '../query/heavy-reads.js';
import type { ProofService } from '../proof/proof-service.js';
import type { NewAuditEntry } from '../store/access-store.js';
import type { Edits } from '../store/account-store.js';
import type { TaskThreads } from '../threads/task-threads.js';
import type { ErasureMetrics } from '../upkeep/metrics.js';
import type { AccountStore } from '../store/account-store.js';
import type { ExecutionStore } from '../store/execution-store.js';
import type { Stores } from '../store/stores.js';

/** The parts of the server that routes may use. */
export interface Deps {
  accounts: AccountStore;
  executions: ExecutionStore;
  embedded: Stores['embedded'];
  threads: TaskThreads;
  heavyReads: HeavyReads;
  intake: Intake;
  otlp: OtlpIntake;
  otlpAssembly: OtlpAssembly;
  otlpMetrics: OtlpMetrics;
  otlpSettings: OtlpSettingsReader;
  erasures: ErasureMetrics;
  proof: ProofService;
  /** Throws a DomainError if an API key has used up its requests for this minute. */
  limitRate: RateLimit;
  metrics: Registry;
  keys: KeyRing;
  localAccounts: Accounts;
  passwords: Passwords;
  /** With Clerk there are no local accounts. */
  clerk: Clerk | undefined;
  guesses: GuessLimit;
  links: OneTimeLinks;
  /** The server's public address, if it differs from the address it listens on: XRAY_PUBLIC_URL. */
  publicUrl: string | undefined;
  /** A program that sends this bearer token may read `/metrics`: XRAY_METRICS_TOKEN. */
  metricsToken: string | undefined;
  /** The origin of a separately hosted dashboard, whose pages may call the API. */
  dashboardOrigin: string | undefined;
  /** Addresses of proxies whose forwarded headers are trusted. */
  trustedProxies: string[];
  logger: Logger;
  /** Aborted when the server stops, for answers that do not end by themselves. */
  stopping: AbortSignal;
  version: string;
  /** The folder of the exported dashboard. Without it only the API is served. */
  dashboardDir: string | undefined;
  /** The folder of the SDK's packages. The files are missing if the SDK was not built. */
  sdkFolder: string;
  /** ms since the epoch. */
  now: () => number;
}

export interface Call {
  req: Request;
  res: Response;
  principal: Principal;
  /** Aborted when the client has disconnected. */
  gone: AbortSignal;
  /** Throws if the caller has lost the permission. Long answers call it. */
  readmit(): Promise<void>;
  /**
   * Changes something and writes the audit entry in the same transaction. An error of `work` rolls both back.
   * `work` may use only the given edits of the store.
   */
  change<T>(work: (edits: Edits) => Promise<{ result: T } & Recorded>): Promise<T>;
  /**
   * Writes the audit entry of a read, or of a change that needs several transactions. It is called
   * first: without the entry nothing is shown or done.
   */
  record(entry?: Recorded): Promise<void>;
  /** The entry that `record` writes, for a transaction that `change` did not open. */
  entryOf(entry: Recorded): NewAuditEntry;
}

export interface Recorded {
  /** The id or address of the changed or viewed thing or person. */
  target?: string;
  details?: Record<string, unknown>;
  /** The actor, if it differs from the principal, as at a sign-in. */
  actor?: AuditEntry['actor'];
  /** The app, if the route's path does not name one. */
  app?: string;
}

/** One endpoint: its callers, and its input and output (for OpenAPI). */
export interface Endpoint {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** The path for Express. The guard checks that the app of `:app` exists and that the caller may use it. */
  path: string;
  policy: Policy;
  /** The action in the audit log, on success. The handler's `change` or `record` writes it. */
  audit?: string;
  summary: string;
  /**
   * The route reads much data. Only a few such requests run at the same time (HeavyReads); others
   * wait or get a 503.
   */
  isHeavy?: true;
  query?: z.ZodObject;
  /** Example values of parameters for the document, where examples.ts does not fit. */
  examples?: Record<string, string>;
  /** With `raw` the handler parses the body. */
  body?: { schema: z.ZodType; example?: unknown } &
    /** With `takesAnyText` the handler checks whether a text can be stored. */
    ({ kind: 'json'; takesAnyText?: true } | { kind: 'raw'; types: string[] });
  /** `type` if it is not JSON. The schema then describes a line or an event. */
  answers: Record<number, { description: string; type?: string; schema?: z.ZodType }>;
}

/** An endpoint that Express answers, with its handler. */
export interface Route extends Endpoint {
  handle: (call: Call) => Promise<void>;
}

/** Parses outside input, or throws a DomainError that names each wrong field. */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  throw new DomainError(
    'invalid',
    issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '),
    issues.map((issue) => ({ path: issue.path.join('.'), code: issue.code })),
  );
}

/**
 * Refuses query parameters that the route does not read. A misspelt filter would otherwise match
 * everything.
 */
export function checkParameters({ query }: Endpoint, given: object): void {
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(query?.shape ?? {}, name));
  if (unknown.length === 0) return;
  const known = Object.keys(query?.shape ?? {}).join(', ');
  throw new DomainError(
    'invalid',
    `Unknown parameter ${unknown.join(', ')}. ${known === '' ? 'This call takes no parameters.' : `Known: ${known}.`}`,
    unknown.map((path) => ({ path, code: 'unknown_parameter' })),
  );
}

/** A parameter of the route's path. Express has filled it. */
export function param(req: Request, name: string): string {
  const value = req.params[name];
  return typeof value === 'string' ? textOfSegment(value) : '';
}
