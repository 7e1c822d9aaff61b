import { generateApiKey, hashApiKey } from '#server/auth/api-key.js';
import type { NewApiKey } from '#server/store/access-store.js';

/** A key as the store takes it, with its secret beside it; what a test is about is given. */
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
