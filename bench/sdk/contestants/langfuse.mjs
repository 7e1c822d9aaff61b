import { LangfuseSpanProcessor } from '@langfuse/otel';
import { setLangfuseTracerProvider, startObservation } from '@langfuse/tracing';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';

/** A span, and a child observation for each step. */
export function start(endpoint) {
  process.env['OTEL_BSP_MAX_QUEUE_SIZE'] = '1000000';
  const processor = new LangfuseSpanProcessor({
    publicKey: 'pk-lf-bench',
    secretKey: 'sk-lf-bench',
    baseUrl: endpoint,
  });
  setLangfuseTracerProvider(new NodeTracerProvider({ spanProcessors: [processor] }));
  return {
    execute({ steps }) {
      const root = startObservation('loan-approval');
      for (const { name, input, output, reasoning } of steps) {
        const child = root.startObservation(name, { input });
        child.update(reasoning === undefined ? { output } : { output, metadata: { reasoning } });
        child.end();
      }
      root.end();
    },
    flush: () => processor.forceFlush(),
  };
}
