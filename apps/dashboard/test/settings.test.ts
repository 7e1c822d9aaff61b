import type { ApiKey } from '@xray/core';
import { describe, expect, it } from 'vitest';
import { auditActionText, auditActorText } from '@xray/core/audit-texts';
import { detailsText } from '@/features/settings/audit-text';
import { byUse, environmentsOf, keyState } from '@/features/settings/key-state';

const NOW_MS = Date.parse('2026-11-22T12:00:00Z');
const key = (id: string, over: Partial<ApiKey> = {}): ApiKey => ({
  id,
  appId: 'my-app',
  name: id,
  scopes: ['ingest'],
  environments: null,
  requestsPerMinute: null,
  createdAt: '2026-11-01T00:00:00Z',
  createdBy: null,
  expiresAt: null,
  replaces: null,
  lastUsedAt: null,
  revokedAt: null,
  ...over,
});

describe('a key', () => {
  it('works until the exact moment at which it expires', () => {
    expect(keyState(key('a', { expiresAt: '2026-11-22T12:00:00.001Z' }), NOW_MS)).toBe('active');
    expect(keyState(key('a', { expiresAt: '2026-11-22T12:00:00.000Z' }), NOW_MS)).toBe('expired');
  });

  it('is revoked even if it has also expired', () => {
    const both = key('a', { expiresAt: '2026-11-01T00:00:00Z', revokedAt: '2026-11-02T00:00:00Z' });
    expect(keyState(both, NOW_MS)).toBe('revoked');
  });

  it('that works is listed before others, the newest first', () => {
    const keys = [
      key('revoked', { createdAt: '2026-11-20T00:00:00Z', revokedAt: '2026-11-21T00:00:00Z' }),
      key('old'),
      key('young', { createdAt: '2026-11-10T00:00:00Z' }),
    ];
    expect(byUse(keys, NOW_MS).map(({ id }) => id)).toEqual(['young', 'old', 'revoked']);
  });

  it('is for any environment if the field is empty', () => {
    expect(environmentsOf('  , ')).toBeUndefined();
    expect(environmentsOf('prod, staging prod')).toEqual(['prod', 'staging']);
  });
});

describe('an entry of the audit log', () => {
  it('names the person who did it', () => {
    expect(auditActorText({ kind: 'user', id: 'u1', name: 'ada@example.org' })).toBe(
      'ada@example.org',
    );
    expect(auditActorText({ kind: 'key', id: 'k1', name: null })).toBe('key k1');
    expect(auditActorText({ kind: 'administrator', id: null, name: null })).toBe('command line');
    expect(auditActorText({ kind: 'administrator', id: null, name: 'ops' })).toBe(
      'command line (ops)',
    );
  });

  it('describes the action in words, and an action of a newer server as it is', () => {
    expect(auditActionText('payload.view')).toBe('viewed payloads');
    expect(auditActionText('new.thing')).toBe('new.thing');
  });

  it('lists its details in a line, and omits empty ones', () => {
    expect(detailsText({ name: 'ci', scopes: ['read'], environments: null })).toBe(
      'name: ci · scopes: ["read"]',
    );
  });
});
