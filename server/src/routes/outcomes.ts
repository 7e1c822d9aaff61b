import { appOutcomesSchema, outcomeMeaningsSchema, type AppOutcomes } from '@xray/core';
import { param, parse, type Deps, type Route } from './route.js';

const EXAMPLE = {
  outcomes: [
    { outcome: 'approved', meaning: 'good' as const, hue: null },
    { outcome: 'declined', meaning: 'bad' as const, hue: null },
    { outcome: 'referred', meaning: 'neutral' as const, hue: 230 },
  ],
};

/** What the outcomes of pipelines mean: good, bad or neutral, with their order and colours. */
export function outcomeRoutes({ accounts }: Deps): Route[] {
  return [
    {
      method: 'get',
      path: '/api/apps/:app/outcomes',
      policy: 'read',
      summary: 'What the outcomes of the app’s pipelines mean.',
      answers: {
        200: { description: 'Pipelines with meanings, by name.', schema: appOutcomesSchema },
      },
      async handle({ req, res }) {
        const items = await accounts.listOutcomeMeanings(param(req, 'app'));
        res.json({ items } satisfies AppOutcomes);
      },
    },
    {
      method: 'get',
      path: '/api/apps/:app/pipelines/:pipeline/outcomes',
      policy: 'read',
      summary: 'What the outcomes of a pipeline mean. An empty list if nobody has said it.',
      answers: { 200: { description: 'In the order of display.', schema: outcomeMeaningsSchema } },
      async handle({ req, res }) {
        const items = await accounts.listOutcomeMeanings(param(req, 'app'));
        const found = items.find(({ pipeline }) => pipeline === param(req, 'pipeline'));
        res.json({ outcomes: found?.outcomes ?? [] });
      },
    },
    {
      method: 'put',
      path: '/api/apps/:app/pipelines/:pipeline/outcomes',
      policy: 'edit',
      audit: 'outcomes.save',
      summary:
        'Sets what the outcomes of a pipeline mean, in which order and colour. It replaces the list.',
      body: { kind: 'json', schema: outcomeMeaningsSchema, example: EXAMPLE },
      answers: { 200: { description: 'The list as saved.', schema: outcomeMeaningsSchema } },
      async handle({ req, res, change }) {
        const [app, pipeline] = [param(req, 'app'), param(req, 'pipeline')];
        const meanings = parse(outcomeMeaningsSchema, req.body);
        await change(async (edits) => {
          await edits.saveOutcomeMeanings(app, pipeline, meanings);
          return { result: undefined, target: pipeline };
        });
        res.json(meanings);
      },
    },
  ];
}
