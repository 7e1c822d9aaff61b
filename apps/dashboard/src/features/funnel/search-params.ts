import { parseAsString } from 'nuqs';

export const pipelinesParams = { app: parseAsString, from: parseAsString, to: parseAsString };

/** `p`: the pipeline's name; `step`: the one that is told of. */
export const pipelineParams = { ...pipelinesParams, p: parseAsString, step: parseAsString };
