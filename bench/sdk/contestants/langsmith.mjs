import { Client, RunTree } from 'langsmith';

/** A run tree, and a child run for each step. */
export function start(endpoint) {
  process.env['LANGSMITH_TRACING'] = 'true';
  const client = new Client({
    apiUrl: endpoint,
    apiKey: 'bench',
    autoBatchTracing: true,
    maxIngestMemoryBytes: 4_000_000_000,
  });
  const failures = [];
  const posted = (promise) => void promise.catch((error) => failures.push(error));
  return {
    execute({ steps }) {
      const root = new RunTree({ name: 'loan-approval', run_type: 'chain', inputs: {}, client });
      posted(root.postRun());
      for (const { name, input, output, reasoning } of steps) {
        const metadata = reasoning === undefined ? {} : { metadata: { reasoning } };
        const child = root.createChild({ name, run_type: 'tool', inputs: input, ...metadata });
        posted(child.postRun());
        posted(child.end(output).then(() => child.patchRun()));
      }
      posted(root.end({}).then(() => root.patchRun()));
    },
    async flush() {
      // `end` and `patchRun` are asynchronous. The client sees them only after their promises have run.
      await new Promise((resolve) => setImmediate(resolve));
      await client.awaitPendingTraceBatches();
      if (failures.length > 0) throw failures[0];
    },
  };
}
