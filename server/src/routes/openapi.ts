import * as core from '@xray/core';
import { z } from 'zod';
import type { Policy } from '../auth/policy.js';
import type { ApiDocument } from './docs-page.js';
import { EXAMPLES, PARAMETER_EXAMPLES } from './examples.js';
import type { Endpoint } from './route.js';
import type { JsonSchema } from './schema-text.js';

/** Schemas that have a name in the document. */
const NAMED = {
  Snapshot: core.snapshotSchema,
  IngestResult: core.ingestResultSchema,
  ExecutionPage: core.executionPageSchema,
  ExecutionSummary: core.executionSummarySchema,
  FoundExecution: core.foundExecutionSchema,
  ExecutionDetail: core.executionDetailSchema,
  ExportedExecution: core.exportedExecutionSchema,
  StepDetail: core.stepDetailSchema,
  App: core.appSchema,
  AppList: core.appListSchema,
  ApiKey: core.apiKeySchema,
  ApiKeyList: core.apiKeyListSchema,
  CreatedKey: core.createdKeySchema,
  User: core.userSchema,
  Member: core.memberSchema,
  MemberList: core.memberListSchema,
  Invitation: core.invitationSchema,
  InvitationList: core.invitationListSchema,
  AuditPage: core.auditPageSchema,
  PipelineList: core.pipelineListSchema,
  PipelineOverview: core.pipelineOverviewSchema,
  Funnel: core.funnelSchema,
  OutcomeMeanings: core.outcomeMeaningsSchema,
  AppOutcomes: core.appOutcomesSchema,
  RuleHistory: core.ruleHistorySchema,
  Simulation: core.simulationSchema,
  ReplayRun: core.replayRunSchema,
  ReplayRunList: core.replayRunListSchema,
  ReplayResultPage: core.replayResultPageSchema,
  Facets: core.facetsSchema,
  Releases: core.releasesSchema,
  Histogram: core.histogramSchema,
  SearchMatch: core.searchMatchSchema,
  Explanation: core.explanationSchema,
  Comparison: core.comparisonSchema,
  CohortComparison: core.cohortComparisonSchema,
  Fairness: core.fairnessSchema,
  CandidateHistory: core.candidateHistorySchema,
  SubjectHistory: core.subjectHistorySchema,
  Case: core.caseSchema,
  ExecutionEvidence: core.executionEvidenceSchema,
  StoredDictionary: core.storedDictionarySchema,
  Suggestions: core.suggestionsSchema,
  Lookup: core.lookupSchema,
  Error: core.errorBodySchema,
};

/** A parameter that is read from a text keeps its default. */
const INPUT = {
  io: 'input',
  unrepresentable: 'any',
  override({ zodSchema, jsonSchema }) {
    const { def } = zodSchema._zod;
    if (def.type === 'default') jsonSchema.default = def.defaultValue;
  },
} satisfies Parameters<typeof z.toJSONSchema>[1];

/** The OpenAPI 3.1 document of these routes, made from the schemas that parse their input. */
export function openApi(routes: Endpoint[], version: string): ApiDocument {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(NAMED)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, {
    uri: (id) => `#/components/schemas/${id}`,
    ...INPUT,
  });
  const schemaOf = (schema: z.ZodType): JsonSchema => {
    const id = registry.get(schema)?.id;
    if (id !== undefined) return { $ref: `#/components/schemas/${id}` };
    return inlineSchema(schema, registry);
  };
  const paths: ApiDocument['paths'] = {};
  for (const route of routes) {
    // Nobody can call it over the network.
    if (route.policy === 'console') continue;
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: operation(route, schemaOf) };
  }
  const document = {
    openapi: '3.1.0',
    info: {
      title: 'X-Ray',
      version,
      description: 'Decision observability: why did it decide that?',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    paths,
    components: {
      schemas: Object.fromEntries(
        Object.entries(schemas).map(([id, schema]) => [id, withoutIdentity(schema)]),
      ),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'An API key, `xr_…`.' },
        apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
        session: { type: 'apiKey', in: 'cookie', name: 'xray.session_token' },
      },
    },
  };
  return document;
}

/** The chapter of the document that a route belongs to. */
function tagOf({ path, policy }: Endpoint): string {
  if (policy === 'ingest' || policy === 'replay') return 'Send';
  if ((policy === 'read' || policy === 'pull') && path.startsWith('/api/apps/:app/')) return 'Ask';
  if (path.startsWith('/api/apps')) return 'Apps';
  return path.startsWith('/api/') && path !== '/api/config' ? 'People and keys' : 'Operate';
}

function securityOf(policy: Policy): Record<string, string[]>[] {
  const key = [{ bearer: [] }, { apiKey: [] }];
  const session = { session: [] };
  switch (policy) {
    case 'public':
      return [];
    case 'anyone':
      return [{}, session];
    case 'ingest':
    case 'replay':
      return key;
    case 'read':
    case 'pull':
      return [...key, session];
    default:
      return [session];
  }
}

type SchemaOf = (schema: z.ZodType) => JsonSchema;

function operation(route: Endpoint, schemaOf: SchemaOf): ApiDocument['paths'][string][string] {
  const exampleOf = (name: string): { example?: string } => {
    const example = route.examples?.[name] ?? PARAMETER_EXAMPLES[name];
    return example === undefined ? {} : { example };
  };
  const inPath = [...route.path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
    ...exampleOf(name),
  }));
  const inQuery = Object.entries(route.query?.shape ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    required: !(schema as z.ZodType).safeParse(undefined).success,
    schema: schemaOf(schema as z.ZodType),
    ...exampleOf(name),
  }));
  const types = route.body?.kind === 'raw' ? route.body.types : ['application/json'];
  return {
    summary: route.summary,
    tags: [tagOf(route)],
    security: securityOf(route.policy),
    parameters: [...inPath, ...inQuery],
    ...(route.body && {
      requestBody: {
        required: true,
        content: contentOf(types, schemaOf(route.body.schema), route.body.example),
      },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(route.answers).map(([status, { description, type, schema }]) => [
          status,
          {
            description,
            ...(schema && { content: answerOf(schemaOf(schema), type) }),
          },
        ]),
      ),
      ...(route.isHeavy && {
        503: {
          description:
            'Too many such questions are being answered, or the database is unavailable. `Retry-After` says when to try again.',
          content: answerOf(schemaOf(core.errorBodySchema)),
        },
      }),
      default: {
        description: 'An error.',
        content: answerOf(schemaOf(core.errorBodySchema)),
      },
    },
  };
}

/** The content of an answer. A schema with a name may have an example. */
function answerOf(schema: JsonSchema, type = 'application/json'): ReturnType<typeof contentOf> {
  const name = schema.$ref?.split('/').at(-1);
  const known: Record<string, unknown> = EXAMPLES;
  return contentOf([type], schema, name && known[name]);
}

function contentOf(
  types: string[],
  schema: JsonSchema,
  example?: unknown,
): Record<string, { schema: JsonSchema; example?: unknown }> {
  const content = { schema, ...(example !== undefined && { example }) };
  return Object.fromEntries(types.map((type) => [type, content]));
}

/** A schema without a name, with references to the named schemas inside it. */
function inlineSchema(schema: z.ZodType, named: z.core.$ZodRegistry<{ id: string }>): JsonSchema {
  if (schema instanceof z.ZodUnion) {
    return { anyOf: schema.options.map((option) => inlineSchema(option as z.ZodType, named)) };
  }
  if (schema instanceof z.ZodArray) {
    return { type: 'array', items: inlineSchema(schema.element as z.ZodType, named) };
  }
  const id = named.get(schema)?.id;
  if (id !== undefined) return { $ref: `#/components/schemas/${id}` };
  return withoutIdentity(z.toJSONSchema(schema, INPUT));
}

/** `$schema` and `$id` are for a whole document, and a component is not one. */
function withoutIdentity(schema: object): JsonSchema {
  const { $schema: _schema, $id: _id, ...rest } = schema as { $schema?: unknown; $id?: unknown };
  return rest as JsonSchema;
}
