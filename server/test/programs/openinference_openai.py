from openai import OpenAI
from openinference.instrumentation.openai import OpenAIInstrumentor
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)
OpenAIInstrumentor().instrument(tracer_provider=provider)
client = OpenAI()
with trace.get_tracer("loans").start_as_current_span("python-openai"):
    client.embeddings.create(model="text-embedding-3-small", input="loan terms")
    client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "Decide as JSON."}])
provider.shutdown()
