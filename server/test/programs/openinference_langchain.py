from langchain_core.documents import Document
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda
from openinference.instrumentation.langchain import LangChainInstrumentor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
LangChainInstrumentor().instrument(tracer_provider=provider)


class Policies(BaseRetriever):
    def _get_relevant_documents(self, query, *, run_manager):
        return [
            Document(page_content="Debt below 40 %.", metadata={"source": "policy-1.pdf"}),
            Document(page_content="Income of three months.", metadata={"source": "policy-2.pdf"}),
        ]


model = FakeListChatModel(responses=['{"decision": "approved"}'])
chain = Policies() | RunnableLambda(lambda documents: f"{len(documents)} documents") | model
chain.with_config(run_name="python-langchain").invoke("loan of 25,000")
provider.shutdown()
