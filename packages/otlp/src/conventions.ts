import type { KnownKind } from '@xray/core';

/** The conventions that the mapping reads, with the versions that were tried or read. */
export const CONVENTIONS = {
  xray: { versions: '1', marks: ['xray.'] },
  langfuse: { versions: '@langfuse/otel 5.11', marks: ['langfuse.'] },
  openinference: {
    versions: 'Python 0.1.42, JS 2.12',
    marks: ['openinference.', 'llm.', 'retrieval.documents.', 'reranker.', 'embedding.'],
  },
  langsmith: { versions: '0.15', marks: ['langsmith.'] },
  mlflow: { versions: '3.17', marks: ['mlflow.'] },
  gen_ai: { versions: 'semantic conventions to 1.36, and from 1.37', marks: ['gen_ai.'] },
  ai: { versions: 'AI SDK 5 and 7', marks: ['ai.'] },
  traceloop: { versions: 'OpenLLMetry 0.62', marks: ['traceloop.'] },
  pydantic: { versions: 'pydantic-ai formats 2 to 6, logfire 5', marks: ['pydantic_ai.'] },
  adk: { versions: 'Google ADK 2.13', marks: ['gcp.vertex.agent.'] },
  mcp: { versions: 'from its text only', marks: ['mcp.'] },
  flag: { versions: 'feature_flag.evaluation of OpenFeature hooks 1.0', marks: ['feature_flag.'] },
  database: { versions: 'db.* to 1.30', marks: [] },
} as const;
export type Convention = keyof typeof CONVENTIONS;

const MARKS = Object.entries(CONVENTIONS).flatMap(([convention, { marks }]) =>
  marks.map((mark) => ({ convention: convention as Convention, mark })),
);

/** The convention of an attribute's name; undefined for names that anybody may use. */
export function conventionOf(attribute: string): Convention | undefined {
  return MARKS.find(({ mark }) => attribute.startsWith(mark))?.convention;
}

/** Where a value is read: the name of an attribute, or of a flattened list. */
export interface Source {
  attribute: string;
  convention: Convention;
  /** How the value is made into the field's, when it is not the field's already. */
  form?: 'quoted' | 'messages' | 'entries';
}

const from = (convention: Convention, ...attributes: string[]): Source[] =>
  attributes.map((attribute) => ({ attribute, convention }));

/** A kind of step for values of an attribute. The first row with a known value gives the kind. */
export interface KindRow {
  attribute: string;
  convention: Convention;
  values: Record<string, KnownKind>;
  /** The kind of all values that are not listed. */
  others?: KnownKind;
  form?: 'quoted';
}

const MLFLOW_AND_OPENINFERENCE = {
  LLM: 'llm',
  EMBEDDING: 'model',
  RETRIEVER: 'retrieve',
  RERANKER: 'rank',
  TOOL: 'action',
  GUARDRAIL: 'guard',
  EVALUATOR: 'evaluate',
  AGENT: 'group',
  CHAIN: 'group',
} as const;

/** A vendor's own word comes first, because it is the most exact. */
export const KIND_ROWS: KindRow[] = [
  {
    attribute: 'langfuse.observation.type',
    convention: 'langfuse',
    values: {
      generation: 'llm',
      embedding: 'model',
      retriever: 'retrieve',
      tool: 'action',
      guardrail: 'guard',
      evaluator: 'evaluate',
      agent: 'group',
      chain: 'group',
      event: 'other',
    },
  },
  {
    attribute: 'openinference.span.kind',
    convention: 'openinference',
    values: { ...MLFLOW_AND_OPENINFERENCE, PROMPT: 'transform', UNKNOWN: 'other' },
  },
  {
    attribute: 'langsmith.span.kind',
    convention: 'langsmith',
    values: {
      llm: 'llm',
      embedding: 'model',
      retriever: 'retrieve',
      tool: 'action',
      prompt: 'transform',
      parser: 'transform',
      chain: 'group',
    },
  },
  {
    attribute: 'mlflow.spanType',
    convention: 'mlflow',
    form: 'quoted',
    values: {
      ...MLFLOW_AND_OPENINFERENCE,
      CHAT_MODEL: 'llm',
      PARSER: 'transform',
      WORKFLOW: 'group',
      TASK: 'group',
      MEMORY: 'other',
    },
  },
  {
    attribute: 'gen_ai.operation.name',
    convention: 'gen_ai',
    values: {
      chat: 'llm',
      text_completion: 'llm',
      completion: 'llm',
      generate_content: 'llm',
      embeddings: 'model',
      retrieval: 'retrieve',
      rerank: 'rank',
      execute_tool: 'action',
      decide: 'decide',
      create_agent: 'other',
    },
    others: 'group',
  },
  {
    attribute: 'ai.operationId',
    convention: 'ai',
    values: {
      'ai.generateText.doGenerate': 'llm',
      'ai.generateObject.doGenerate': 'llm',
      'ai.streamText.doStream': 'llm',
      'ai.streamObject.doStream': 'llm',
      'ai.embed.doEmbed': 'model',
      'ai.embedMany.doEmbed': 'model',
      'ai.rerank': 'rank',
      'ai.rerank.doRerank': 'rank',
      'ai.toolCall': 'action',
    },
    others: 'group',
  },
  {
    attribute: 'traceloop.span.kind',
    convention: 'traceloop',
    values: { tool: 'action', workflow: 'group', agent: 'group', task: 'group' },
  },
  { attribute: 'gen_ai.tool.name', convention: 'gen_ai', values: {}, others: 'action' },
  { attribute: 'mcp.method.name', convention: 'mcp', values: { 'tools/call': 'action' } },
  { attribute: 'feature_flag.key', convention: 'flag', values: {}, others: 'rules' },
  { attribute: 'db.system.name', convention: 'database', values: {}, others: 'retrieve' },
  { attribute: 'db.system', convention: 'database', values: {}, others: 'retrieve' },
];

/** What a step was given, the first that is set. `gen_ai` messages out of events take the place of their attribute. */
export const INPUTS: Source[] = [
  ...from('xray', 'xray.input'),
  ...from('langfuse', 'langfuse.observation.input'),
  ...from('gen_ai', 'gen_ai.tool.call.arguments'),
  ...from('ai', 'ai.toolCall.args'),
  ...from('adk', 'gcp.vertex.agent.tool_call_args'),
  ...from('gen_ai', 'gen_ai.input.messages'),
  { attribute: 'llm.input_messages', convention: 'openinference', form: 'messages' },
  ...from('ai', 'ai.prompt.messages', 'ai.prompt'),
  ...from('pydantic', 'pydantic_ai.all_messages'),
  ...from('gen_ai', 'gen_ai.retrieval.query.text'),
  ...from('ai', 'ai.decision.state', 'ai.values', 'ai.value'),
  ...from('openinference', 'input.value'),
  ...from('adk', 'gcp.vertex.agent.llm_request'),
  ...from('traceloop', 'traceloop.entity.input'),
  ...from('mlflow', 'mlflow.spanInputs'),
  ...from('gen_ai', 'gen_ai.prompt'),
  { attribute: 'gen_ai.prompt', convention: 'gen_ai', form: 'entries' },
  ...from('openinference', 'reranker.query'),
  ...from('database', 'db.query.text', 'db.statement'),
];

/** What a step gave back, in mirror of `INPUTS`. */
export const OUTPUTS: Source[] = [
  ...from('xray', 'xray.output'),
  ...from('langfuse', 'langfuse.observation.output'),
  ...from('gen_ai', 'gen_ai.tool.call.result'),
  ...from('ai', 'ai.toolCall.result'),
  ...from('adk', 'gcp.vertex.agent.tool_response'),
  ...from('pydantic', 'final_result'),
  ...from('gen_ai', 'gen_ai.output.messages'),
  { attribute: 'llm.output_messages', convention: 'openinference', form: 'messages' },
  ...from('ai', 'ai.response.object', 'ai.response.text', 'ai.response.toolCalls'),
  ...from('ai', 'ai.decision.answers'),
  ...from('openinference', 'output.value'),
  ...from('adk', 'gcp.vertex.agent.llm_response'),
  ...from('traceloop', 'traceloop.entity.output'),
  ...from('mlflow', 'mlflow.spanOutputs'),
  ...from('gen_ai', 'gen_ai.completion'),
  { attribute: 'gen_ai.completion', convention: 'gen_ai', form: 'entries' },
];

export const MODEL_NAMES: Source[] = [
  ...from('gen_ai', 'gen_ai.response.model'),
  ...from('ai', 'ai.response.model'),
  ...from('langfuse', 'langfuse.observation.model.name'),
  ...from('openinference', 'llm.model_name', 'embedding.model_name', 'reranker.model_name'),
  ...from('gen_ai', 'gen_ai.request.model'),
  ...from('ai', 'ai.model.id'),
];

export const PROVIDERS: Source[] = [
  ...from('gen_ai', 'gen_ai.provider.name', 'gen_ai.system'),
  ...from('openinference', 'llm.provider', 'llm.system'),
  ...from('ai', 'ai.model.provider'),
];

export const PARAMETERS: Source[] = [
  ...from('openinference', 'llm.invocation_parameters'),
  ...from('langfuse', 'langfuse.observation.model.parameters'),
];

export const INPUT_TOKENS: Source[] = [
  ...from('gen_ai', 'gen_ai.usage.input_tokens', 'gen_ai.usage.prompt_tokens'),
  ...from('openinference', 'llm.token_count.prompt'),
  ...from('ai', 'ai.usage.inputTokens', 'ai.usage.promptTokens', 'ai.usage.tokens'),
];

export const OUTPUT_TOKENS: Source[] = [
  ...from('gen_ai', 'gen_ai.usage.output_tokens', 'gen_ai.usage.completion_tokens'),
  ...from('openinference', 'llm.token_count.completion'),
  ...from('ai', 'ai.usage.outputTokens', 'ai.usage.completionTokens'),
];

export const COSTS: Source[] = [
  ...from('pydantic', 'operation.cost'),
  ...from('gen_ai', 'gen_ai.usage.cost'),
  ...from('openinference', 'llm.cost.total'),
];

export const PIPELINES: Source[] = [
  ...from('langfuse', 'langfuse.trace.name'),
  ...from('gen_ai', 'gen_ai.workflow.name'),
  ...from('traceloop', 'traceloop.workflow.name'),
  ...from('gen_ai', 'gen_ai.agent.name'),
  ...from('ai', 'ai.telemetry.functionId'),
];

/** The tool that an action called. AI SDK 5 names every such span `ai.toolCall`. */
export const TOOL_NAMES: Source[] = [
  ...from('gen_ai', 'gen_ai.tool.name'),
  ...from('ai', 'ai.toolCall.name'),
  ...from('openinference', 'tool.name'),
];

/** Attributes of spans; resources are read for the same names. */
export const ENVIRONMENTS = [
  'langfuse.environment',
  'deployment.environment.name',
  'deployment.environment',
];

export const USERS: Source[] = [
  ...from('openinference', 'user.id'),
  ...from('gen_ai', 'enduser.id'),
  ...from('langfuse', 'langfuse.user.id'),
  ...from('ai', 'ai.telemetry.metadata.userId'),
  ...from('traceloop', 'traceloop.association.properties.user_id'),
  ...from('langsmith', 'langsmith.metadata.user_id'),
];

export const SESSIONS: Source[] = [
  ...from('openinference', 'session.id'),
  ...from('langfuse', 'langfuse.session.id'),
  ...from('gen_ai', 'gen_ai.conversation.id'),
  ...from('ai', 'ai.telemetry.metadata.sessionId'),
  ...from('traceloop', 'traceloop.association.properties.session_id'),
  ...from('langsmith', 'langsmith.metadata.session_id'),
];

export const TAGS: Source[] = [
  ...from('langfuse', 'langfuse.trace.tags'),
  ...from('langsmith', 'langsmith.span.tags'),
  ...from('openinference', 'tag.tags'),
  ...from('ai', 'ai.telemetry.metadata.tags'),
];

/** Names that a framework gives when the program gives none. They name no pipeline. */
export const DEFAULT_NAMES = new Set([
  'LangGraph',
  'Agent workflow',
  'Pipeline.run',
  'invoke_agent',
  'invoke_workflow',
  'agent',
  'RunnableSequence',
  'Crew.kickoff',
  'AgentExecutor',
]);

/** Events whose content the mapping reads, as log records and as events of a span. */
export const MESSAGE_EVENTS: Record<string, string> = {
  'gen_ai.system.message': 'system',
  'gen_ai.user.message': 'user',
  'gen_ai.assistant.message': 'assistant',
  'gen_ai.tool.message': 'tool',
};
export const CHOICE_EVENT = 'gen_ai.choice';
export const DETAILS_EVENT = 'gen_ai.client.inference.operation.details';
export const FLAG_EVENT = 'feature_flag.evaluation';
export const EVALUATION_EVENT = 'gen_ai.evaluation.result';
export const RULE_EVENT = 'xray.rule';

const KNOWN_EVENTS = new Set([
  ...Object.keys(MESSAGE_EVENTS),
  CHOICE_EVENT,
  DETAILS_EVENT,
  FLAG_EVENT,
  EVALUATION_EVENT,
  RULE_EVENT,
]);

/** Whether a log record of this name is part of a trace's story. */
export function isKnownEvent(name: string): boolean {
  return KNOWN_EVENTS.has(name);
}
