import { Kysely, PostgresDialect } from 'kysely';
import { Pool, types } from 'pg';
import type { Driver } from '../driver.js';
import { translatedError, translatingErrors } from './translate-errors.js';
import type { Tables } from '../tables.js';

export interface PostgresOptions {
  connectionString: string;
  /** The PEM certificate of the authority that signed the server's certificate. */
  caCert: string | undefined;
  maxConnections: number;
  /** Called with the error of a broken connection. The pool replaces the connection. */
  onConnectionError: (error: unknown) => void;
}

const INT8 = types.builtins.INT8;

/**
 * A pool of connections to a Postgres. It uses neither named statements nor session state, so it
 * works behind a pooler in transaction mode.
 */
export function openPostgres(options: PostgresOptions): Driver {
  const url = new URL(options.connectionString);
  // TLS parameters in the URL would replace `ssl`, and with it the authority.
  if (options.caCert !== undefined) url.searchParams.delete('sslmode');
  const pool = new Pool({
    connectionString: url.href,
    max: options.maxConnections,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    // With this the system notices a vanished host, after about twenty seconds.
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    application_name: 'x-ray',
    ...(options.caCert !== undefined && { ssl: { ca: options.caCert } }),
    types: {
      getTypeParser: (id: number, format: 'text' | 'binary' = 'text') =>
        id === INT8 && format === 'text' ? Number : types.getTypeParser(id, format),
    },
  });
  const onError = (error: Error): void => options.onConnectionError(translatedError(error));
  pool.on('error', onError);
  // The pool only listens to idle clients. A client that breaks between two queries of its user
  // would otherwise end the process.
  pool.on('connect', (client) => {
    client.on('error', onError);
  });
  const db = new Kysely<Tables>({
    dialect: translatingErrors(new PostgresDialect({ pool })),
  }).withSchema('xray');
  const { maxConnections } = options;
  return { kind: 'postgres', db, maxConnections, close: () => db.destroy() };
}
