import type { Snapshot } from '@xray/core';
import { assembleTrace } from '../records/otlp-slices.js';
import { DEFAULT_OTLP_SETTINGS } from '../ingest/otlp-settings.js';
import type { WaitingStore } from '../store/waiting-store.js';

const PAGE = 100;

/** Erases the traces that wait and are about a subject. Their spans never become an execution. */
export async function eraseWaitingSubject(
  waiting: WaitingStore,
  {
    app,
    environment,
    subject,
  }: { app: string; environment: string | undefined; subject: { type: string; id: string } },
): Promise<void> {
  let after = '';
  for (;;) {
    const page = await waiting.listOpenTraces(app, after, PAGE);
    for (const { traceId } of page) {
      const slices = await waiting.readSlices({ app, traceId });
      const settings = DEFAULT_OTLP_SETTINGS;
      const { texts } = assembleTrace({ app, traceId, slices, isTerminal: true, settings });
      const isMeant = texts.some((text) => {
        const snapshot = JSON.parse(text) as Snapshot;
        const { subjects } = snapshot;
        if (environment !== undefined && environment !== (snapshot.environment ?? 'default')) {
          return false;
        }
        return subjects?.some(({ type, id }) => type === subject.type && id === subject.id);
      });
      if (isMeant) await waiting.eraseWaiting(app, [traceId]);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    after = last.traceId;
  }
}
