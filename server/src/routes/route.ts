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
import type { HeavyReads } from '../query/heavy-reads.js';
import type { Search } from '../search/search.js';
import type { NewAuditEntry } from '../store/access-store.js';
import type { Edits, Store } from '../store/store.js';
import type { TaskThreads } from '../threads/task-threads.js';
import type { ErasureMetrics } from '../upkeep/metrics.js';

/** What every route may use. */
export interface Deps {
  store: Store;
  search: Search;
  threads: TaskThreads;
  heavyReads: HeavyReads;
  intake: Intake;
  erasures: ErasureMetrics;
  /** Throws a DomainError when an API key has used up its requests of this minute. */
  limitRate: RateLimit;
  metrics: Registry;
  keys: KeyRing;
  accounts: Accounts;
  passwords: Passwords;
  /** Where it signs people in, local accounts do not. */
  clerk: Clerk | undefined;
  guesses: GuessLimit;
  links: OneTimeLinks;
  /** Where people reach this server when that is not where it listens: XRAY_PUBLIC_URL. */
  publicUrl: string | undefined;
  /** Opens `/metrics` to a program that sends it as a bearer token: XRAY_METRICS_TOKEN. */
  metricsToken: string | undefined;
  /** The origin of a dashboard that is hosted apart, whose pages may call the API. */
  dashboardOrigin: string | undefined;
  /** Addresses of proxies whose forwarded headers are believed. */
  trustedProxies: string[];
  logger: Logger;
  /** Aborted when the server is to stop, for answers that end only then. */
  stopping: AbortSignal;
  version: string;
  /** The folder of the exported dashboard; without it only the API is served. */
  dashboardDir: string | undefined;
  /** The SDK as a tarball; the file is missing where the SDK was not built. */
  sdkPackage: string;
  /** ms since the epoch. */
  now: () => number;
}

export interface Call {
  req: Request;
  res: Response;
  principal: Principal;
  /** Aborted when nobody waits for the answer any more. */
  gone: AbortSignal;
  /** Throws when who asked may do so no longer; for answers that take long. */
  readmit(): Promise<void>;
  /**
   * Changes something, and writes that to the audit log in the same transaction. What `work` throws takes
   * all of it back; it may use nothing of the store but the edits it is given.
   */
  change<T>(work: (edits: Edits) => Promise<{ result: T } & Recorded>): Promise<T>;
  /**
   * Writes to the audit log what is only looked at, or cannot be done in one transaction, before it is:
   * what cannot be written there is not shown and not done.
   */
  record(entry?: Recorded): Promise<void>;
  /** The entry that `record` writes, for a transaction that is not `change`'s. */
  entryOf(entry: Recorded): NewAuditEntry;
}

export interface Recorded {
  /** What it was done to: an id or an address. */
  target?: string;
  details?: Record<string, unknown>;
  /** Where it is not the principal, as with somebody who signs in. */
  actor?: AuditEntry['actor'];
  /** Where the route's path names none. */
  app?: string;
}

/** One endpoint: who may call it, and what it takes and gives (for OpenAPI). */
export interface Endpoint {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** Express' path; `:app` in it is checked to exist and to be the caller's. */
  path: string;
  policy: Policy;
  /** The action under which a success stands in the audit log; the handler's `change` or `record` writes it. */
  audit?: string;
  summary: string;
  /** It looks at much: only a few such are answered at once (HeavyReads), others wait or get a 503. */
  isHeavy?: true;
  query?: z.ZodObject;
  /** Values of parameters for the document, where those of examples.ts are of something else. */
  examples?: Record<string, string>;
  /** `raw` leaves the parsing to the handler. */
  body?: { schema: z.ZodType; example?: unknown } &
    /** `takesAnyText`: the handler looks itself whether a text can be stored. */
    ({ kind: 'json'; takesAnyText?: true } | { kind: 'raw'; types: string[] });
  /** `type` where it is not JSON; the schema is then that of a line or an event. */
  answers: Record<number, { description: string; type?: string; schema?: z.ZodType }>;
}

/** An endpoint that Express answers, and what it does. */
export interface Route extends Endpoint {
  handle: (call: Call) => Promise<void>;
}

/** Parses what came from outside, or throws a DomainError that names each field that is wrong. */
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

/** Refuses parameters of the query that the route does not read: a misspelt filter would be answered with everything. */
export function checkParameters({ query }: Endpoint, given: object): void {
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(query?.shape ?? {}, name));
  if (unknown.length === 0) return;
  const known = Object.keys(query?.shape ?? {}).join(', ');
  throw new DomainError(
    'invalid',
    `There is no parameter ${unknown.join(', ')} here. ${known === '' ? 'This takes none.' : `This takes: ${known}.`}`,
    unknown.map((path) => ({ path, code: 'unknown_parameter' })),
  );
}

/** A parameter of the route's own path, which Express has therefore filled. */
export function param(req: Request, name: string): string {
  const value = req.params[name];
  return typeof value === 'string' ? textOfSegment(value) : '';
}
