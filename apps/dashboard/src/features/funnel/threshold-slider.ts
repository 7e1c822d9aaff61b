/** The range of a slider around a threshold: half of it to one and a half, in about a hundred round steps. */
export function sliderOf(threshold: number): { min: number; max: number; step: number } {
  const size = Math.abs(threshold) || 1;
  const step = 10 ** Math.floor(Math.log10(size) - 1.5);
  const round = (value: number): number =>
    Number((Math.round(value / step) * step).toPrecision(12));
  return { min: round(threshold - size / 2), max: round(threshold + size / 2), step };
}
