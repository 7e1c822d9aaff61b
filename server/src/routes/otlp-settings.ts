import {
  otlpPreviewSchema,
  otlpSettingsSchema,
  otlpStateSchema,
  type OtlpPreview,
  type OtlpSettings,
  type OtlpState,
} from '@xray/core';
import { MAX_WAITING_BYTES } from '../ingest/otlp-intake.js';
import { param, parse, type Deps, type Route } from './route.js';

const EXAMPLE: Partial<OtlpSettings> = {
  take: 'recognised',
  redact: ['customer.*'],
  content: true,
  pipeline: ['loan.product'],
  environment: ['k8s.namespace.name'],
  outcomes: [{ pipeline: 'loan-approval', path: 'result.verdict', adverse: ['declined'] }],
};
/** So many traces are read for a preview. */
const PREVIEWED = 20;

/** How an app takes traces, and what became of those that came. */
export function otlpRoutes({ accounts, otlpSettings, threads }: Deps): Route[] {
  const stateOf = async (app: string): Promise<OtlpState> => {
    const [settings, [waiting], counts] = [
      await otlpSettings.of(app),
      await accounts.waiting.measureWaiting(app),
      await accounts.waiting.readCounts(app),
    ];
    return {
      settings,
      waiting: {
        traces: waiting?.traces ?? 0,
        spans: waiting?.spans ?? 0,
        bytes: waiting?.bytes ?? 0,
        maxBytes: MAX_WAITING_BYTES,
        oldestAt: waiting?.oldestAt?.toISOString() ?? null,
      },
      counts: counts.map(({ lastAt, ...count }) => ({ ...count, lastAt: lastAt.toISOString() })),
    };
  };
  return [
    {
      method: 'get',
      path: '/api/apps/:app/otlp',
      policy: 'read',
      summary: 'How the app takes OpenTelemetry traces, what waits, and what was not taken.',
      answers: { 200: { description: 'The settings and the counts.', schema: otlpStateSchema } },
      async handle({ req, res }) {
        res.json(await stateOf(param(req, 'app')));
      },
    },
    {
      method: 'put',
      path: '/api/apps/:app/otlp',
      policy: 'own',
      audit: 'otlp.change',
      summary: 'Replaces the settings for OpenTelemetry traces.',
      body: {
        kind: 'json',
        schema: otlpSettingsSchema,
        example: EXAMPLE,
      },
      answers: { 200: { description: 'The settings and the counts.', schema: otlpStateSchema } },
      async handle({ req, res, change }) {
        const app = param(req, 'app');
        const settings = parse(otlpSettingsSchema, req.body);
        await change(async (edits) => ({
          result: await edits.writeOtlpSettings(app, settings),
          details: { settings },
        }));
        otlpSettings.forget(app);
        res.json(await stateOf(app));
      },
    },
    {
      method: 'post',
      path: '/api/apps/:app/otlp/preview',
      policy: 'own',
      isHeavy: true,
      summary: 'How these settings would read recent traces. It changes nothing.',
      body: { kind: 'json', schema: otlpSettingsSchema, example: EXAMPLE },
      answers: {
        200: {
          description: 'Up to 20 traces, with the present settings and with these.',
          schema: otlpPreviewSchema,
        },
      },
      async handle({ req, res }) {
        const app = param(req, 'app');
        const after = parse(otlpSettingsSchema, req.body);
        const before = await otlpSettings.of(app);
        const open = await accounts.waiting.listRecent(app, PREVIEWED);
        const missing = PREVIEWED - open.length;
        const records = missing === 0 ? [] : await accounts.waiting.listRecords(app, missing);
        const items: OtlpPreview['items'] = [];
        // One after the other, so that few traces are in memory.
        for (const { traceId, hasRoot, isTerminal } of open) {
          const slices = await accounts.waiting.readSlices({ app, traceId });
          if (slices.length === 0) continue;
          const kept = { slices, isTerminal: hasRoot || isTerminal };
          items.push(await threads.run('previewTrace', { app, traceId, kept, before, after }));
        }
        for (const { traceId, body: record } of records) {
          const kept = { record };
          items.push(await threads.run('previewTrace', { app, traceId, kept, before, after }));
        }
        res.json({ items });
      },
    },
  ];
}
