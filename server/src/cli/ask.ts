import { withAdministrator, type Administrator } from '../administrator.js';
import { loadConfig } from '../config.js';

/** Asks the API of the running server, or of the database when none runs, with an administrator's rights. */
export async function asAdministrator<T>(
  use: (administrator: Administrator) => Promise<T>,
): Promise<T> {
  return await withAdministrator(loadConfig(process.env), use);
}

export function appPath(app: string, rest: string): string {
  return `/api/apps/${encodeURIComponent(app)}/${rest}`;
}
