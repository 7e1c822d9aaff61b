import { generateApiKey, hashApiKey } from '#server/auth/api-key.js';
import type { NewApiKey } from '#server/store/access-store.js';

/**
 * A key in the form that the store takes, with its secret. The caller gives the properties under
 * test.
 */
export function newKey(changes: Partial<NewApiKey> & { app: string }): {
  key: string;
  row: NewApiKey;
} {
  const { id, key } = generateApiKey();
  const row: NewApiKey = {
    id,
    name: 'key',
    hash: hashApiKey(key),
    scopes: ['ingest'],
    environments: null,
    requestsPerMinute: null,
    expiresAt: null,
    createdBy: null,
    ...changes,
  };
  return { key, row };
}
