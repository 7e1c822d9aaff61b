import type { DatabaseConnection, Dialect, Driver as KyselyDriver } from 'kysely';
import { RefusedText, StoreOutage } from '../../store/errors.js';
import { REFUSED_TEXTS, reasonOf, sqlStateOf } from '../outage.js';

/**
 * The same dialect, but outages and refused texts are errors of the contract. The error of the database is their
 * cause.
 */
export function translatingErrors(dialect: Dialect): Dialect {
  return {
    createAdapter: () => dialect.createAdapter(),
    createDriver: () => translating(dialect.createDriver()),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
  };
}

function translating(driver: KyselyDriver): KyselyDriver {
  const outers = new WeakMap<DatabaseConnection, DatabaseConnection>();
  const inners = new WeakMap<DatabaseConnection, DatabaseConnection>();
  const innerOf = (outer: DatabaseConnection): DatabaseConnection => inners.get(outer) ?? outer;
  return {
    init: () => translated(driver.init()),
    async acquireConnection() {
      const inner = await translated(driver.acquireConnection());
      const outer = outers.get(inner) ?? connectionOver(inner);
      outers.set(inner, outer);
      inners.set(outer, inner);
      return outer;
    },
    releaseConnection: (outer) => driver.releaseConnection(innerOf(outer)),
    beginTransaction: (outer, settings) =>
      translated(driver.beginTransaction(innerOf(outer), settings)),
    commitTransaction: (outer) => translated(driver.commitTransaction(innerOf(outer))),
    rollbackTransaction: (outer) => translated(driver.rollbackTransaction(innerOf(outer))),
    destroy: () => driver.destroy(),
  };
}

function connectionOver(inner: DatabaseConnection): DatabaseConnection {
  return {
    executeQuery: (query) => translated(inner.executeQuery(query)),
    streamQuery: (query, chunkSize) => inner.streamQuery(query, chunkSize),
  };
}

async function translated<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw translatedError(error);
  }
}

export function translatedError(error: unknown): unknown {
  const reason = reasonOf(error);
  if (reason !== undefined) return new StoreOutage(reason, error);
  return REFUSED_TEXTS.has(sqlStateOf(error)) ? new RefusedText(error) : error;
}
