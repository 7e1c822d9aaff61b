import type { Lookup } from '@xray/core';
import { describe, expect, it } from 'vitest';
import { findCommands } from '@/features/palette/palette-commands';

const apps = ['my-loan-app', 'shop'].map((id) => ({
  id,
  name: id,
  createdAt: '2026-11-22T00:00:00Z',
  archivedAt: null,
  role: 'owner' as const,
}));
const sources = {
  app: 'my-loan-app',
  apps,
  pipelines: [{ pipeline: 'loan-approval', executions: 3, lastAt: '2026-11-22T00:00:00Z' }],
  recent: [],
  lookup: null,
  suggested: [],
};
const lookedUp = (id: string, known: Partial<Lookup> = {}, from: string | null = null) => ({
  ...sources,
  lookup: {
    found: { id, execution: false, candidate: 0, subjects: [], ...known },
    range: { from, to: null },
  },
});
const labels = (text: string, from = sources as Parameters<typeof findCommands>[1]) =>
  findCommands(text, from).map((command) => command.label);

describe('the palette', () => {
  it('offers every place when nothing is typed', () => {
    expect(labels('')).toEqual(
      expect.arrayContaining(['Apps', 'Executions', 'loan-approval', 'shop']),
    );
  });

  it('needs all words, in any order', () => {
    expect(labels('theme dark')).toEqual(['Dark theme']);
    expect(labels('dark theme')).toEqual(['Dark theme']);
  });

  it('opens an id as an execution if one has it', () => {
    const [command] = findCommands(
      '0193f2c1-77aa',
      lookedUp('0193f2c1-77aa', { execution: true, candidate: 2 }),
    );
    expect(command?.action).toEqual({ go: '/execution?app=my-loan-app&id=0193f2c1-77aa' });
  });

  it('offers an id by its kind, and never as an execution that does not exist', () => {
    const subjects = [{ type: 'applicant', executions: 3 }];
    const found = findCommands('8123', lookedUp('8123', { subjects, candidate: 1 }, 'all'));
    expect(found.map(({ label, hint, action }) => [label, hint, action])).toEqual([
      [
        'Case of applicant 8123',
        'subject in 3 executions',
        { go: '/case?app=my-loan-app&type=applicant&id=8123' },
      ],
      [
        'Why candidate 8123?',
        'candidate in 1 execution',
        { go: '/why?app=my-loan-app&id=8123&as=candidate&from=all' },
      ],
    ]);
    expect(findCommands('Ada Lovelace', lookedUp('Ada Lovelace', { subjects }))).toHaveLength(1);
    expect(labels('8123')).toEqual(['Why 8123?']);
    expect(findCommands('8123', lookedUp('8123'))).toEqual([]);
  });

  it('offers each suggested subject and candidate once, before everything else', () => {
    const subjects = [{ type: 'applicant', executions: 3 }];
    const suggested = (['8123', '81234'] as const).map((id) => ({
      kind: 'subject' as const,
      type: 'applicant',
      id,
      at: '2026-11-22T00:00:00Z',
    }));
    const found = labels('8123', { ...lookedUp('8123', { subjects }), suggested });
    expect(found).toEqual(['Case of applicant 8123', 'Case of applicant 81234']);
    expect(labels('lo', { ...sources, suggested }).slice(0, 2)).toEqual(found);
  });

  it('offers the history of an id last, for any kind', () => {
    const command = findCommands('B07XYZ', sources).at(-1);
    expect(command?.label).toBe('Why B07XYZ?');
    expect(command?.action).toEqual({ go: '/why?app=my-loan-app&id=B07XYZ' });
  });

  it('does not offer a text that cannot be an id, and needs an app', () => {
    expect(labels('no such thing')).toEqual([]);
    expect(labels('0193f2c1-77aa', { ...sources, app: null })).toEqual([]);
  });
});
