/**
 * The targets of the SDK's bench (issue 3). A target is left out if its contestants did not run.
 *
 * @typedef {{ title: string, figure: string, target: string, isMet: boolean }} Verdict
 */

/** @returns {Verdict[]} */
export function judge({ races, costs }) {
  const cpuUs = (name) => {
    const result = races.five?.find((each) => each.name === name);
    return result?.problem === undefined ? result?.cpuUs : undefined;
  };
  const ours = cpuUs('x-ray');
  return [
    atMost(
      'CPU of five small steps, in JSON.stringify of them',
      ratio(ours, cpuUs('floor')),
      2,
      'x',
    ),
    atLeast('CPU of OpenTelemetry, in ours', ratio(cpuUs('opentelemetry'), ours), 4, 'x'),
    atLeast('CPU of Langfuse, in ours', ratio(cpuUs('langfuse'), ours), 10, 'x'),
    atMost('recordStep with 1 KB, p99', costs['record-step']?.p99, 20, ' µs'),
  ].filter((verdict) => verdict !== undefined);
}

function ratio(a, b) {
  return a === undefined || b === undefined ? undefined : a / b;
}

function atMost(title, value, limit, unit) {
  return verdict(title, value, `<= ${limit}${unit}`, unit, (figure) => figure <= limit);
}

function atLeast(title, value, limit, unit) {
  return verdict(title, value, `>= ${limit}${unit}`, unit, (figure) => figure >= limit);
}

function verdict(title, value, target, unit, isMet) {
  if (value === undefined) return undefined;
  return { title, figure: `${value.toFixed(1)}${unit}`, target, isMet: isMet(value) };
}
