import { Gauge, type Registry } from 'prom-client';

interface Lag {
  executions: number;
  /** When the oldest of them was received. */
  since: Date | null;
}

interface Name {
  name: string;
  help: string;
}

/**
 * Shows how far a job is behind. The lag is measured on request, so every instance reports the same figure, and once
 * for both gauges. During an outage they keep their last values, and the other figures are still served.
 */
export function showLag(
  metrics: Registry,
  gauges: { seconds: Name; executions?: Name },
  measure: () => Promise<Lag>,
  now: () => number,
): void {
  let measuring: Promise<Lag | undefined> | undefined;
  const measured = async (): Promise<Lag | undefined> =>
    await (measuring ??= measure()
      .catch(() => undefined)
      .finally(() => (measuring = undefined)));
  const show = (name: Name, valueOf: (lag: Lag) => number): void => {
    const gauge: Gauge = new Gauge({
      ...name,
      registers: [metrics],
      async collect() {
        const lag = await measured();
        if (lag !== undefined) gauge.set(valueOf(lag));
      },
    });
  };
  show(gauges.seconds, ({ since }) =>
    since === null ? 0 : Math.max(0, (now() - since.getTime()) / 1_000),
  );
  if (gauges.executions) show(gauges.executions, ({ executions }) => executions);
}
