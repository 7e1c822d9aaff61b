import type { Request, Response } from 'express';
import type { z } from 'zod';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Policy, Principal } from '../auth/guard.js';
import type { KeyRing } from '../auth/key-ring.js';
import type { RateLimit } from '../auth/rate-limit.js';
import { DomainError } from '../errors.js';
import type { Intake } from '../ingest/intake.js';
import type { Store } from '../store/store.js';

/** What every route may use. */
export interface Deps {
  store: Store;
  intake: Intake;
  /** Throws a DomainError when an API key has used up its requests of this minute. */
  limitRate: RateLimit;
  metrics: Registry;
  keys: KeyRing;
  logger: Logger;
  version: string;
  /** The folder of the exported dashboard; without it only the API is served. */
  dashboardDir: string | undefined;
  /** ms since the epoch. */
  now: () => number;
}

export interface Call {
  req: Request;
  res: Response;
  principal: Principal;
}

/** One endpoint: who may call it, what it takes and gives (for OpenAPI), and what it does. */
export interface Route {
  method: 'get' | 'post' | 'put' | 'delete';
  /** Express' path; `:app` in it is checked to exist and to be the caller's. */
  path: string;
  policy: Policy;
  summary: string;
  query?: z.ZodObject;
  /** `raw` leaves the parsing to the handler. */
  body?: { kind: 'json'; schema: z.ZodType } | { kind: 'raw'; schema: z.ZodType; types: string[] };
  answers: Record<number, { description: string; schema?: z.ZodType }>;
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

/** A parameter of the route's own path, which Express has therefore filled. */
export function param(req: Request, name: string): string {
  const value = req.params[name];
  return typeof value === 'string' ? value : '';
}
