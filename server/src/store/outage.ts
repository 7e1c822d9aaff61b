/** SQLSTATE disk_full. */
export const DISK_FULL = '53100';

/** Error codes of a database that may be well again later: nothing is wrong with what was asked. */
const REASONS: Record<string, string> = {
  ECONNREFUSED: 'the database refuses connections',
  ECONNRESET: 'the database closed the connection',
  ENOTFOUND: 'the host of the database is not known',
  ETIMEDOUT: 'the database does not answer',
  EPIPE: 'the database closed the connection',
  '25006': 'the database is read-only',
  '40001': 'the database could not serialize the write',
  '40P01': 'the database met a deadlock',
  [DISK_FULL]: 'the disk of the database is full',
  '57P01': 'the database is shutting down',
  '57P02': 'the database crashed and is restarting',
  '57P03': 'the database is starting up',
};

/** Whole classes of SQLSTATE: Postgres' manual, Appendix A. */
const CLASSES: Record<string, string> = {
  '08': 'the connection to the database was lost',
  '53': 'the database has run out of a resource (connections, memory or disk)',
  '58': 'the database met an error of its system',
};

/**
 * Rejects with an outage when the store takes longer: a host that vanished answers nothing, for minutes. The
 * work goes on meanwhile, so of a write nobody knows whether it was done; sent again it is a duplicate.
 */
export async function answeredWithin<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`the database did not answer within ${ms} ms`);
    timer = setTimeout(() => reject(Object.assign(error, { code: 'ETIMEDOUT' })), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Why the store cannot be used right now, in words for an operator; undefined when that is not the error. */
export function outageOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof AggregateError) return outageOf(error.errors[0]);
  const code = (error as NodeJS.ErrnoException).code;
  if (code !== undefined) return REASONS[code] ?? CLASSES[code.slice(0, 2)];
  // These two come from pg without a code.
  if (error.message.includes('timeout exceeded when trying to connect')) {
    return 'no connection to the database became free in time';
  }
  if (error.message.startsWith('Connection terminated'))
    return 'the database closed the connection';
  return undefined;
}
