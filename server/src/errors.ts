import type { ErrorRequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import type { ErrorBody, ErrorDetail, Tombstone } from '@xray/core';
import { RefusedText, outageOf } from './store/errors.js';

/** The status of each error code. Clients read it, such as packages/xray-sdk/src/answer.ts. */
export const ERROR_STATUS = {
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  app_mismatch: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  erased: 410,
  too_large: 413,
  unsupported_type: 415,
  unsupported_encoding: 415,
  storage: 422,
  too_broad: 422,
  rate_limited: 429,
  internal: 500,
  unavailable: 503,
} as const;

/** `internal` is for errors that nobody foresaw. */
type DomainCode = Exclude<keyof typeof ERROR_STATUS, 'internal'>;

/** How long a client should wait after a 503, in seconds. */
const RETRY_AFTER_S = 2;

/**
 * An error that a client can act on. The client sees the message, so it must not contain payload.
 */
export class DomainError extends Error {
  readonly code: DomainCode;
  readonly details: ErrorDetail[];
  /** The client should try again after this many seconds; for 429 and 503. */
  readonly retryAfterS: number;

  constructor(
    code: DomainCode,
    message: string,
    details: ErrorDetail[] = [],
    retryAfterS = RETRY_AFTER_S,
  ) {
    super(message);
    this.name = 'DomainError';
    this.code = code;
    this.details = details;
    this.retryAfterS = retryAfterS;
  }
}

/** An execution that was erased by name. Its address says when and why. */
export class ErasedError extends DomainError {
  readonly tombstone: Tombstone;

  constructor(tombstone: Tombstone) {
    super('erased', `This execution was erased on ${tombstone.at}. Reason: ${tombstone.reason}.`);
    this.name = 'ErasedError';
    this.tombstone = tombstone;
  }
}

/** The answer for an error. */
export interface ErrorAnswer {
  status: number;
  headers: Record<string, string>;
  body: ErrorBody;
}

/** The one place where an error becomes an answer. An unexpected error shows no details. */
export function answerTo(
  error: unknown,
  { logger, requestId, method }: { logger: Logger; requestId: string; method: string | undefined },
): ErrorAnswer {
  const answer = (
    code: keyof typeof ERROR_STATUS,
    message: string,
    details: ErrorDetail[] = [],
    headers: Record<string, string> = {},
  ): ErrorAnswer => ({
    status: ERROR_STATUS[code],
    headers,
    body: {
      error: {
        code,
        message,
        requestId,
        ...(details.length > 0 && { details }),
        ...(error instanceof ErasedError && { tombstone: error.tombstone }),
      },
    },
  });
  const domain = error instanceof DomainError ? error : fromBodyParser(error);
  if (domain !== undefined) {
    return answer(domain.code, domain.message, domain.details, {
      ...(domain.code === 'unauthorized' && { 'WWW-Authenticate': 'Bearer realm="x-ray"' }),
      ...((domain.code === 'unavailable' || domain.code === 'rate_limited') && {
        'Retry-After': String(domain.retryAfterS),
      }),
    });
  }
  const outage = outageOf(error);
  if (outage !== undefined) {
    // OutageLog logs the error, once for all requests.
    logger.debug({ requestId, outage }, 'refused while the store cannot be used');
    const message = 'The store cannot be used at the moment. Nothing was stored; try again.';
    return answer('unavailable', message, [], { 'Retry-After': String(RETRY_AFTER_S) });
  }
  if (error instanceof RefusedText) {
    logger.warn({ requestId, err: error, method }, 'the database refused a text of the request');
    return answer('invalid', 'The request holds a text that the database cannot take.');
  }
  logger.error({ requestId, err: error, method }, 'unexpected error');
  const message =
    'Something went wrong in the server. Its log has the error under this request id.';
  return answer('internal', message);
}

/** Sends an error that reached Express. */
export function errorHandler(logger: Logger): ErrorRequestHandler {
  // Express recognizes an error handler by its four parameters.
  return (error: unknown, req, res, _next) => {
    const requestId = requestIdOf(res);
    const { status, headers, body } = answerTo(error, { logger, requestId, method: req.method });
    // An answer that has begun can only be cut off. Express would write the raw error to stderr.
    if (res.headersSent) {
      res.destroy();
      return;
    }
    res.status(status).set(headers).json(body);
  };
}

/** The id of this request in the log, assigned when the request arrived. */
export function requestIdOf(res: Response): string {
  return String(res.getHeader('x-request-id') ?? '');
}

/** Translates errors of body-parser and of Express' router by their `type` and `status` (http-errors). */
function fromBodyParser(error: unknown): DomainError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { type, status, limit } = error as Error & {
    type?: string;
    status?: number;
    limit?: number;
  };
  switch (type) {
    case 'entity.too.large':
      return new DomainError(
        'too_large',
        `The request is larger than ${limit} bytes (uncompressed).`,
        [{ path: '', code: 'too_large', ...(limit !== undefined && { limit }) }],
      );
    case 'encoding.unsupported':
      return new DomainError(
        'unsupported_encoding',
        'The Content-Encoding must be identity, gzip, br or deflate.',
      );
    case 'entity.parse.failed':
      return new DomainError('invalid', 'The request body is not JSON.');
    case 'request.aborted':
    case 'request.size.invalid':
      return new DomainError('invalid', 'The request ended before its body was complete.');
  }
  if (status === 400) {
    return new DomainError(
      'invalid',
      'The request could not be read: its path, encoding or body is invalid.',
    );
  }
  return undefined;
}

/** A backup that cannot be restored; the message says why. */
export class RestoreError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'RestoreError';
  }
}
