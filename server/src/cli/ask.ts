import { withAdministrator, type Administrator } from '../administrator.js';
import { loadConfig } from '../config.js';
import type { Terminal } from './terminal.js';

/** Calls the API of the running server as administrator, or opens the database when no server runs. */
export async function asAdministrator<T>(
  { io }: Terminal,
  use: (administrator: Administrator) => Promise<T>,
): Promise<T> {
  return await withAdministrator(loadConfig(io.env), use);
}

export function appPath(app: string, rest: string): string {
  return `/api/apps/${encodeURIComponent(app)}/${rest}`;
}
