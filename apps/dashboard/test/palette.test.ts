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
};
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

  it('opens what can be an id as an execution of the app that is open', () => {
    const [command] = findCommands('0193f2c1-77aa', sources);
    expect(command?.action).toEqual({ go: '/execution?app=my-loan-app&id=0193f2c1-77aa' });
  });

  it('asks last what became of an id, whatever it is of', () => {
    const command = findCommands('B07XYZ', sources).at(-1);
    expect(command?.label).toBe('Why B07XYZ?');
    expect(command?.action).toEqual({ go: '/why?app=my-loan-app&id=B07XYZ' });
  });

  it('takes no text for an id that cannot be one, nor without an app', () => {
    expect(labels('no such thing')).toEqual([]);
    expect(labels('0193f2c1-77aa', { ...sources, app: null })).toEqual([]);
  });
});
