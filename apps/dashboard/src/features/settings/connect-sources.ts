/** A framework whose traces X-Ray reads. */
export interface Source {
  id: string;
  name: string;
  /** The lines to copy into the program's environment or configuration. */
  lines: (target: Target) => string;
  /** What else to do, if anything. */
  note?: string;
}

interface Target {
  /** The address of this server. */
  endpoint: string;
  apiKey: string;
}

/** Every exporter of OpenTelemetry reads these two. */
const standard = ({ endpoint, apiKey }: Target): string =>
  `OTEL_EXPORTER_OTLP_ENDPOINT=${endpoint}\nOTEL_EXPORTER_OTLP_HEADERS=x-api-key=${apiKey}`;

export const SOURCES: readonly Source[] = [
  {
    id: 'openinference',
    name: 'OpenInference: OpenAI, LangChain, LlamaIndex, agents',
    lines: standard,
    note: 'Keep the instrumentation as it is. Python needs OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf.',
  },
  {
    id: 'genai',
    name: 'OpenTelemetry GenAI',
    lines: (target) =>
      `${standard(target)}\nOTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true`,
    note: 'Send logs too: some instrumentations put the messages only there.',
  },
  { id: 'ai-sdk', name: 'Vercel AI SDK', lines: standard, note: 'Turn on telemetry in the call.' },
  { id: 'pydantic-ai', name: 'Pydantic AI and Logfire', lines: standard },
  {
    id: 'traceloop',
    name: 'OpenLLMetry (Traceloop)',
    lines: ({ endpoint, apiKey }) =>
      `TRACELOOP_BASE_URL=${endpoint}\nTRACELOOP_HEADERS=x-api-key=${apiKey}`,
  },
  {
    id: 'langfuse',
    name: 'Langfuse',
    lines: ({ endpoint, apiKey }) =>
      `LANGFUSE_BASE_URL=${endpoint}\nLANGFUSE_PUBLIC_KEY=pk-lf-any\nLANGFUSE_SECRET_KEY=${apiKey}`,
    note: 'The public key is not checked.',
  },
  {
    id: 'phoenix',
    name: 'Arize Phoenix',
    lines: ({ endpoint, apiKey }) =>
      `PHOENIX_COLLECTOR_ENDPOINT=${endpoint}\nPHOENIX_API_KEY=${apiKey}`,
    note: 'In the program, call register(protocol="http/protobuf"). Without it, Phoenix sends gRPC.',
  },
  {
    id: 'collector',
    name: 'OpenTelemetry Collector',
    lines: ({ endpoint, apiKey }) =>
      `exporters:\n  otlphttp/xray:\n    endpoint: ${endpoint}\n    headers: { x-api-key: ${apiKey} }`,
    note: 'Add otlphttp/xray to the pipelines for traces and logs.',
  },
  {
    id: 'opa',
    name: 'Open Policy Agent',
    lines: ({ endpoint, apiKey }) =>
      `services:\n  xray: { url: ${endpoint}, credentials: { bearer: { token: ${apiKey} } } }\ndecision_logs:\n  service: xray\n  resource: v1/opa/logs\n  reporting: { min_delay_seconds: 5, max_delay_seconds: 10 }`,
  },
  { id: 'other', name: 'Any other OpenTelemetry program', lines: standard },
];

/** A result of the server's counts as a label, and whether it counts traces or spans. */
export const RESULTS: Record<string, string> = {
  rejected: 'Invalid spans',
  closed: 'Spans of traces that were closed or erased',
  full: 'Spans of traces that are too large',
  ignored: 'Log records without a use',
  stored: 'Traces stored',
  joined: 'Traces shown with the SDK’s record of the decision',
  let_go: 'Traces without a known span',
  known: 'Traces of decisions that are stored already',
  failed: 'Traces that could not be stored',
  opa_stored: 'Decisions of OPA stored',
  opa_rejected: 'Invalid decisions of OPA',
  outside: 'Traces with spans outside the key’s environments',
};
