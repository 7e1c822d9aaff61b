import { context, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';

/** A root span and one child for each step. Inputs and outputs are JSON text, since attributes cannot hold objects. */
export function start(endpoint) {
  const exporter = new OTLPTraceExporter({ url: `${endpoint}/v1/traces` });
  const processor = new BatchSpanProcessor(exporter, {
    maxQueueSize: 1_000_000,
    maxExportBatchSize: 512,
  });
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'bench' }),
    spanProcessors: [processor],
  });
  provider.register();
  const tracer = trace.getTracer('bench');
  return {
    execute({ steps }) {
      const root = tracer.startSpan('loan-approval');
      const inRoot = trace.setSpan(context.active(), root);
      for (const { name, input, output, reasoning } of steps) {
        const span = tracer.startSpan(name, undefined, inRoot);
        span.setAttribute('input.value', JSON.stringify(input));
        span.setAttribute('output.value', JSON.stringify(output));
        if (reasoning !== undefined) span.setAttribute('reasoning', reasoning);
        span.end();
      }
      root.end();
    },
    flush: () => provider.forceFlush(),
  };
}
