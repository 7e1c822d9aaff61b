/**
 * The targets of the SDK's bench (issue 19). A target is left out if its contestants did not run.
 *
 * @typedef {{ title: string, figure: string, target: string, isMet: boolean }} Verdict
 */

/** @returns {Verdict[]} */
export function judge({ races, costs }) {
  const cpuUs = (race, name) => {
    const result = races[race]?.find((each) => each.name === name);
    return result?.problem === undefined ? result?.cpuUs : undefined;
  };
  const beside = (race, a, b) => ratio(cpuUs(race, a), cpuUs(race, b));
  return [
    atMost('Warm: our CPU, in JSON.stringify', beside('warm', 'x-ray', 'floor'), 3.5, 'x'),
    atMost('Cold: our CPU, in JSON.stringify', beside('cold', 'x-ray', 'floor'), 4, 'x'),
    atLeast('Warm: OpenTelemetry, in ours', beside('warm', 'opentelemetry', 'x-ray'), 3.5, 'x'),
    atLeast('Cold: OpenTelemetry, in ours', beside('cold', 'opentelemetry', 'x-ray'), 3, 'x'),
    atLeast('Warm: Langfuse, in ours', beside('warm', 'langfuse', 'x-ray'), 10, 'x'),
    atLeast('Cold: Langfuse, in ours', beside('cold', 'langfuse', 'x-ray'), 7, 'x'),
    atMost('recordStep with 1 KB, p99', costs['record-step']?.p99, 20, ' µs'),
    atMost('5,000 candidates through filter, in the bare loop', costs.candidates?.filter, 15, 'x'),
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
