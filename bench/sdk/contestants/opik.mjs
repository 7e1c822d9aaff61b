import { Opik, setLoggerLevel } from 'opik';

/** A trace, and a span for each step. */
export function start(endpoint) {
  setLoggerLevel('ERROR');
  const client = new Opik({
    apiKey: 'bench',
    apiUrl: endpoint,
    projectName: 'bench',
    workspaceName: 'bench',
  });
  return {
    execute({ steps }) {
      const trace = client.trace({ name: 'loan-approval' });
      for (const { name, input, output, reasoning } of steps) {
        const metadata = reasoning === undefined ? {} : { metadata: { reasoning } };
        trace.span({ name, type: 'general', input, output, ...metadata }).end();
      }
      trace.end();
    },
    flush: () => client.flush(),
  };
}
