import { parseAsString } from 'nuqs';

export const pipelinesParams = { app: parseAsString, from: parseAsString, to: parseAsString };

/** `p` is the pipeline's name, `step` the step with details. */
export const pipelineParams = { ...pipelinesParams, p: parseAsString, step: parseAsString };
