import { parseAsString } from 'nuqs';

export const pipelinesParams = { app: parseAsString, from: parseAsString, to: parseAsString };

/** `p` is the pipeline's name, `q` a filter, `env` an environment, `step` the step with details,
 * `set` a simulated threshold (`min_score:640`). */
export const pipelineParams = {
  ...pipelinesParams,
  p: parseAsString,
  q: parseAsString,
  env: parseAsString,
  step: parseAsString,
  set: parseAsString,
};
