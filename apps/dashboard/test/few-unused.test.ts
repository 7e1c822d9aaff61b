import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { expect, it } from 'vitest';
import { keepFewUnused } from '@/lib/few-unused';

/** Shows an answer and then leaves it. */
async function look(client: QueryClient, queryKey: readonly unknown[]): Promise<void> {
  await new Promise<void>((resolve) => {
    const observer = new QueryObserver(client, { queryKey, queryFn: () => ({ of: queryKey }) });
    const leave = observer.subscribe(({ isSuccess }) => {
      if (!isSuccess) return;
      leave();
      resolve();
    });
  });
}

it('keeps the last executions that were viewed, however many there were, and everything small', async () => {
  const client = new QueryClient();
  keepFewUnused(client.getQueryCache());
  const shown = new QueryObserver(client, {
    queryKey: ['execution', 'app', 'shown'],
    queryFn: () => 'shown',
  });
  const leave = shown.subscribe(() => {});
  for (let id = 0; id < 50; id += 1) {
    await look(client, ['execution', 'app', id]);
    await look(client, ['whole-execution', 'app', id, 1]);
    await look(client, ['facets', 'app', id]);
  }
  const held = (name: string) => client.getQueryCache().findAll({ queryKey: [name] });
  expect(held('execution').map(({ queryKey }) => queryKey[2])).toEqual([
    'shown',
    42,
    43,
    44,
    45,
    46,
    47,
    48,
    49,
  ]);
  expect(held('whole-execution')).toHaveLength(1);
  expect(held('facets')).toHaveLength(50);
  leave();
  client.clear();
});
