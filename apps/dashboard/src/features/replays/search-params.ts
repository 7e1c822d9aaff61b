import { REPLAY_VERDICTS } from '@xray/core/replay-reference';
import { parseAsString, parseAsStringLiteral } from 'nuqs';

/** `run` is the run that is shown; without it the page lists the runs. The others filter its executions. */
export const replayParams = {
  app: parseAsString,
  run: parseAsString,
  verdict: parseAsStringLiteral(REPLAY_VERDICTS),
  was: parseAsString,
  is: parseAsString,
  cause: parseAsString,
  why: parseAsString,
};

/** No outcome, as the address and the API write it. */
export const NO_OUTCOME = '';

export const NO_FILTER = { verdict: null, was: null, is: null, cause: null, why: null };
