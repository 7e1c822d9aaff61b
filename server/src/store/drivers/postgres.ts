import { Kysely, PostgresDialect } from 'kysely';
import { Pool, types } from 'pg';
import type { Driver } from '../driver.js';
import type { Tables } from '../tables.js';

export interface PostgresOptions {
  connectionString: string;
  /** PEM of the authority that signed the server's certificate. */
  caCert: string | undefined;
  maxConnections: number;
  /** Called with the error of a broken connection. The pool replaces it by itself. */
  onConnectionError: (error: Error) => void;
}

const INT8 = types.builtins.INT8;

/**
 * A pool of connections to a Postgres. Uses neither named statements nor session state, so that it
 * works behind a pooler in transaction mode.
 */
export function openPostgres(options: PostgresOptions): Driver {
  const url = new URL(options.connectionString);
  // What the URL says of TLS would replace `ssl` whole, and with it the authority.
  if (options.caCert !== undefined) url.searchParams.delete('sslmode');
  const pool = new Pool({
    connectionString: url.href,
    max: options.maxConnections,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    // So that the system notices a host that is gone; it takes some twenty seconds.
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    application_name: 'x-ray',
    ...(options.caCert !== undefined && { ssl: { ca: options.caCert } }),
    types: {
      getTypeParser: (id: number, format: 'text' | 'binary' = 'text') =>
        id === INT8 && format === 'text' ? Number : types.getTypeParser(id, format),
    },
  });
  pool.on('error', options.onConnectionError);
  // The pool listens to idle clients alone; one that breaks between two queries of its borrower would
  // otherwise end the process.
  pool.on('connect', (client) => {
    client.on('error', options.onConnectionError);
  });
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) }).withSchema('xray');
  return { kind: 'postgres', db, close: () => db.destroy() };
}
