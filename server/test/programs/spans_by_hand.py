from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
tracer = provider.get_tracer("loans")
with tracer.start_as_current_span("assess") as span:
    span.set_attribute("xray.pipeline", "python-by-hand")
    with tracer.start_as_current_span("check_income") as step:
        step.set_attribute("xray.step.kind", "rules")
        step.add_event("xray.rule", {"xray.rule.id": "max_dti", "xray.rule.result": "fail", "xray.rule.actual": 0.52, "xray.rule.threshold": 0.4})
    span.set_attribute("xray.outcome", "declined")
    span.set_attribute("xray.reasons", ["DTI_HIGH"])
provider.shutdown()
