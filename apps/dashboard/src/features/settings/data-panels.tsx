import type { App } from '@xray/core';
import { ErasurePanel } from './erasure-panel';
import { Note, Panel } from './panel';
import { ReceiptsPanel } from './receipts-panel';
import { RetentionPanel } from './retention-panel';

/** How long an app's executions are kept, and how they are erased earlier. */
export function DataPanels({ app }: { app: App }) {
  if (app.role !== 'owner') {
    return (
      <Panel title="Data">
        <Note>
          Your role in this app: {app.role ?? 'none'}. Only owners change retention and erase
          executions.
        </Note>
      </Panel>
    );
  }
  return (
    <div className="flex flex-col gap-8">
      <ErasurePanel app={app.id} />
      <RetentionPanel app={app.id} />
      <ReceiptsPanel app={app.id} />
    </div>
  );
}
