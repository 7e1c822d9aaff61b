import type { z } from 'zod';
import {
  compareQuerySchema,
  comparisonSchema,
  explainQuerySchema,
  explanationSchema,
} from './answers.js';
import {
  detailQuerySchema,
  executionDetailSchema,
  executionPageSchema,
  executionQuerySchema,
  stepDetailSchema,
  stepQuerySchema,
} from './api.js';
import { caseQuerySchema, caseSchema, suggestQuerySchema, suggestionsSchema } from './case.js';
import { cohortComparisonSchema, cohortQuerySchema } from './cohorts.js';
import { dictionaryQuerySchema, storedDictionarySchema } from './dictionary.js';
import {
  facetsQuerySchema,
  facetsSchema,
  histogramQuerySchema,
  histogramSchema,
  rangeQuerySchema,
  releasesSchema,
} from './finding.js';
import {
  candidateHistorySchema,
  historyQuerySchema,
  lookupQuerySchema,
  lookupSchema,
  subjectHistorySchema,
} from './history.js';
import {
  funnelSchema,
  pipelineListQuerySchema,
  pipelineListSchema,
  pipelineOverviewSchema,
} from './pipelines.js';
import {
  replayResultPageSchema,
  replayResultsQuerySchema,
  replayRunListSchema,
  replayRunsQuerySchema,
} from './replay-runs.js';
import { ruleHistorySchema } from './rule-history.js';
import { simulationQuerySchema, simulationSchema } from './simulation.js';

/**
 * The questions about an app's executions: parameters and answer of each path. Clients take their types
 * from this list, and a test of the server compares it with the routes.
 */
export const QUESTIONS = {
  '/api/apps/:app/executions': { query: executionQuerySchema, answer: executionPageSchema },
  '/api/apps/:app/executions/:id': { query: detailQuerySchema, answer: executionDetailSchema },
  '/api/apps/:app/executions/:id/steps/:sequence': {
    query: stepQuerySchema,
    answer: stepDetailSchema,
  },
  '/api/apps/:app/executions/:id/explain': { query: explainQuerySchema, answer: explanationSchema },
  '/api/apps/:app/facets': { query: facetsQuerySchema, answer: facetsSchema },
  '/api/apps/:app/releases': { query: rangeQuerySchema, answer: releasesSchema },
  '/api/apps/:app/histogram': { query: histogramQuerySchema, answer: histogramSchema },
  '/api/apps/:app/compare': { query: compareQuerySchema, answer: comparisonSchema },
  '/api/apps/:app/cohorts': { query: cohortQuerySchema, answer: cohortComparisonSchema },
  '/api/apps/:app/pipelines': { query: pipelineListQuerySchema, answer: pipelineListSchema },
  '/api/apps/:app/pipelines/:pipeline': { query: rangeQuerySchema, answer: pipelineOverviewSchema },
  '/api/apps/:app/pipelines/:pipeline/funnel': { query: rangeQuerySchema, answer: funnelSchema },
  '/api/apps/:app/pipelines/:pipeline/rules': {
    query: rangeQuerySchema,
    answer: ruleHistorySchema,
  },
  '/api/apps/:app/simulate': { query: simulationQuerySchema, answer: simulationSchema },
  '/api/apps/:app/replays': { query: replayRunsQuerySchema, answer: replayRunListSchema },
  '/api/apps/:app/replays/:run/results': {
    query: replayResultsQuerySchema,
    answer: replayResultPageSchema,
  },
  '/api/apps/:app/candidates/:id': { query: historyQuerySchema, answer: candidateHistorySchema },
  '/api/apps/:app/subjects/:type/:id': { query: historyQuerySchema, answer: subjectHistorySchema },
  '/api/apps/:app/subjects/:type/:id/case': { query: caseQuerySchema, answer: caseSchema },
  '/api/apps/:app/dictionary': { query: dictionaryQuerySchema, answer: storedDictionarySchema },
  '/api/apps/:app/suggest': { query: suggestQuerySchema, answer: suggestionsSchema },
  '/api/apps/:app/lookup/:id': { query: lookupQuerySchema, answer: lookupSchema },
};

type Questions = typeof QUESTIONS;
export type QuestionPath = keyof Questions;

/** The values of a path's parameters, such as `:app`. */
export type QuestionPlaces<Path extends string> =
  Path extends `${string}:${infer Name}/${infer Rest}`
    ? Record<Name, string> & QuestionPlaces<Rest>
    : Path extends `${string}:${infer Name}`
      ? Record<Name, string>
      : unknown;

type Query<Path extends QuestionPath> = Questions[Path]['query'];
type Optional<Input> = {
  [Name in keyof Input]: undefined extends Input[Name] ? Name : never;
}[keyof Input];
type Values<Path extends QuestionPath> = Omit<
  z.output<Query<Path>>,
  Optional<z.input<Query<Path>>> & string
>;
type Given<Path extends QuestionPath> = Pick<
  z.output<Query<Path>>,
  Optional<z.input<Query<Path>>> & keyof z.output<Query<Path>>
>;

/** The parameters of a question. Null and absent ones are not sent. */
export type QuestionParams<Path extends QuestionPath> = Values<Path> & {
  [Name in keyof Given<Path>]?: Given<Path>[Name] | null;
};

export type QuestionAnswer<Path extends QuestionPath> = z.output<Questions[Path]['answer']>;
