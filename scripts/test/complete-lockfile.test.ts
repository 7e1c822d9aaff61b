import { describe, expect, test } from 'vitest';
import { entryFor, missingFrom } from '../complete-lockfile.mjs';

describe('a lockfile', () => {
  test('lacks an optional package that it names without an entry', () => {
    const packages = {
      'node_modules/fast': {
        dev: true,
        optionalDependencies: { '@fast/linux-x64-gnu': '1.2.3', '@fast/darwin-arm64': '1.2.3' },
      },
      'node_modules/@fast/linux-x64-gnu': {},
    };

    expect(missingFrom(packages)).toEqual([
      { name: '@fast/darwin-arm64', version: '1.2.3', dev: true },
    ]);
  });

  test('is complete if the entry is where Node would find it', () => {
    const dependent = { optionalDependencies: { nested: '1.0.0' } };

    expect(
      missingFrom({ 'a/node_modules/b': dependent, 'a/node_modules/b/node_modules/nested': {} }),
    ).toEqual([]);
    expect(missingFrom({ 'a/node_modules/b': dependent, 'a/node_modules/nested': {} })).toEqual([]);
    expect(missingFrom({ 'a/node_modules/b': dependent, 'node_modules/nested': {} })).toEqual([]);
    expect(missingFrom({ 'a/node_modules/b': dependent, 'c/node_modules/nested': {} })).toEqual([
      { name: 'nested', version: '1.0.0', dev: false },
    ]);
  });

  test('gets an entry that installs only on the platform of its name', () => {
    expect(entryFor({ name: '@fast/linux-x64-musl', version: '1.2.3', dev: true })).toEqual({
      version: '1.2.3',
      cpu: ['x64'],
      dev: true,
      libc: ['musl'],
      optional: true,
      os: ['linux'],
    });
    expect(entryFor({ name: '@fast/darwin-arm64', version: '1.2.3', dev: false })).toEqual({
      version: '1.2.3',
      cpu: ['arm64'],
      optional: true,
      os: ['darwin'],
    });
  });

  test('gets no entry for a package whose name has no platform', () => {
    expect(() => entryFor({ name: 'fsevents', version: '1.2.3', dev: false })).toThrow(/platform/);
    expect(() => entryFor({ name: '@a/linux-x64', version: '^1', dev: false })).toThrow(/platform/);
  });
});
