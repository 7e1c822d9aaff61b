import { withAdministrator, type Administrator } from '../administrator.js';
import type { Terminal } from './terminal.js';

/** Calls the API of the running server as administrator, or opens the database when no server runs. */
export async function asAdministrator<T>(
  terminal: Terminal,
  use: (administrator: Administrator) => Promise<T>,
): Promise<T> {
  return await withAdministrator(terminal.config(), use);
}

export function appPath(app: string, rest: string): string {
  return `/api/apps/${encodeURIComponent(app)}/${rest}`;
}
