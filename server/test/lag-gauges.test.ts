import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { showLag } from '#server/lag-gauges.js';

const NAMES = {
  seconds: { name: 'lag_seconds', help: 'seconds' },
  executions: { name: 'lag_executions', help: 'executions' },
};

function shown(text: string): string[] {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

test('both figures of a lag are those of the scrape that asks, measured once', async () => {
  const metrics = new Registry();
  const lags = [
    { executions: 3, since: new Date(1_000) },
    { executions: 0, since: null },
  ];
  let asked = 0;
  showLag(
    metrics,
    NAMES,
    async () => lags[asked++] ?? Promise.reject(new Error()),
    () => 5_000,
  );
  expect(shown(await metrics.metrics())).toEqual(['lag_seconds 4', 'lag_executions 3']);
  expect(shown(await metrics.metrics())).toEqual(['lag_seconds 0', 'lag_executions 0']);
  expect(asked).toBe(2);
});

test('a lag that cannot be measured keeps its last figures', async () => {
  const metrics = new Registry();
  let isDown = false;
  const measure = async () => {
    if (isDown) throw new Error('down');
    return { executions: 7, since: new Date(0) };
  };
  showLag(metrics, NAMES, measure, () => 9_000);
  await metrics.metrics();
  isDown = true;
  expect(shown(await metrics.metrics())).toEqual(['lag_seconds 9', 'lag_executions 7']);
});
