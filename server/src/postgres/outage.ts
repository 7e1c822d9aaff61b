import { StoreOutage } from '../store/errors.js';

/** SQLSTATE disk_full. */
export const DISK_FULL = '53100';

/** Codes of errors that end by themselves. Neither the record nor the question causes them. */
const REASONS = {
  EAI_AGAIN: 'the host of the database cannot be resolved',
  ECONNABORTED: 'the connection to the database was lost',
  ECONNREFUSED: 'the database refuses connections',
  ECONNRESET: 'the database closed the connection',
  EHOSTDOWN: 'the host of the database is down',
  EHOSTUNREACH: 'the host of the database cannot be reached',
  ENETUNREACH: 'the network of the database cannot be reached',
  ENOTFOUND: 'the host of the database is not known',
  ETIMEDOUT: 'the database does not answer',
  EPIPE: 'the database closed the connection',
  '25006': 'the database is read-only',
  '25P03': 'the database ended an idle transaction',
  '25P04': 'the database ended a transaction that took too long',
  '40001': 'the database could not serialize the write',
  '40P01': 'the database met a deadlock',
  [DISK_FULL]: 'the disk of the database is full',
  '55006': 'the database is in use by another command',
  '55P03': 'the database could not lock a row or table in time',
  '57014': 'the database canceled a statement that took too long',
  '57P01': 'the database is shutting down',
  '57P02': 'the database crashed and is restarting',
  '57P03': 'the database is starting up',
} as const;

/** Whole classes of SQLSTATE: Postgres' manual, Appendix A. */
const CLASSES: Record<string, string> = {
  '08': 'the connection to the database was lost',
  '40': 'the database rolled the transaction back',
  '53': 'the database has run out of a resource (connections, memory or disk)',
  '57': 'an operator of the database intervened',
  '58': 'the database met an error of its system',
};

/** Errors that pg and its pool throw without a code, by part of their message. */
const MESSAGES: [part: string, reason: string][] = [
  ['timeout exceeded when trying to connect', 'no connection to the database became free in time'],
  ['Connection terminated', 'the database closed the connection'],
  ['Client has encountered a connection error', 'the connection to the database was lost'],
  ['Cannot use a pool after calling end', 'the server is stopping'],
  ['driver has already been destroyed', 'the server is stopping'],
];

/**
 * Rejects with an outage if the store takes longer, because a vanished host does not answer for
 * minutes. The work continues, so a write may or may not have been done. Sent again, it is a
 * duplicate.
 */
export async function answeredWithin<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`the database did not answer within ${ms} ms`);
    timer = setTimeout(() => reject(new StoreOutage(REASONS.ETIMEDOUT, error)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Why the database cannot be used; undefined if the error is no outage. */
export function reasonOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof AggregateError) return reasonOf(error.errors[0]);
  const { code = '', severity } = error as NodeJS.ErrnoException & { severity?: string };
  const reasons: Readonly<Record<string, string>> = REASONS;
  const known = reasons[code] ?? CLASSES[code.slice(0, 2)];
  if (known !== undefined) return known;
  // Postgres and poolers end the connection with these, for example when a role or a database is missing.
  if (severity === 'FATAL' || severity === 'PANIC') return 'the database refused the connection';
  return MESSAGES.find(([part]) => error.message.includes(part))?.[1];
}

/** SQLSTATE of characters that Postgres cannot store in a text. */
export const REFUSED_TEXTS: ReadonlySet<string> = new Set(['22021', '22P05']);

/** The code of the database's error, which may be the cause of an error of the contract; '' if it has none. */
export function sqlStateOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const { code } = error as NodeJS.ErrnoException;
  if (code !== undefined) return String(code);
  return error.cause === undefined ? '' : sqlStateOf(error.cause);
}

/** Whether the database failed a call. An error of the server itself has no SQLSTATE. */
export function isDatabaseError(error: unknown): boolean {
  return /^[0-9A-Z]{5}$/.test(sqlStateOf(error));
}
