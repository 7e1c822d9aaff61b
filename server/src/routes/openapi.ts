import * as core from '@xray/core';
import { z } from 'zod';
import type { Policy } from '../auth/policy.js';
import type { Endpoint } from './route.js';

/** Schemas that get a name of their own in the document. */
const NAMED = {
  Snapshot: core.snapshotSchema,
  IngestResult: core.ingestResultSchema,
  ExecutionPage: core.executionPageSchema,
  ExecutionSummary: core.executionSummarySchema,
  ExecutionDetail: core.executionDetailSchema,
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
  Error: core.errorBodySchema,
};

/** The OpenAPI 3.1 document of these routes, out of the very schemas that they parse with. */
export function openApi(routes: Endpoint[], version: string): object {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(NAMED)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, {
    uri: (id) => `#/components/schemas/${id}`,
    io: 'input',
    unrepresentable: 'any',
  });
  const schemaOf = (schema: z.ZodType): object => {
    const id = registry.get(schema)?.id;
    if (id !== undefined) return { $ref: `#/components/schemas/${id}` };
    return inlineSchema(schema, registry);
  };
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    // Nobody over the network can call it.
    if (route.policy === 'console') continue;
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: operation(route, schemaOf) };
  }
  return {
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
      return key;
    case 'read':
      return [...key, session];
    default:
      return [session];
  }
}

type SchemaOf = (schema: z.ZodType) => object;

function operation(route: Endpoint, schemaOf: SchemaOf): object {
  const inPath = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const inQuery = Object.entries(route.query?.shape ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    required: false,
    schema: schemaOf(schema as z.ZodType),
  }));
  const types = route.body?.kind === 'raw' ? route.body.types : ['application/json'];
  return {
    summary: route.summary,
    security: securityOf(route.policy),
    parameters: [...inPath, ...inQuery],
    ...(route.body && {
      requestBody: { required: true, content: contentOf(types, schemaOf(route.body.schema)) },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(route.answers).map(([status, { description, schema }]) => [
          status,
          {
            description,
            ...(schema && { content: contentOf(['application/json'], schemaOf(schema)) }),
          },
        ]),
      ),
      default: {
        description: 'An error.',
        content: contentOf(['application/json'], schemaOf(core.errorBodySchema)),
      },
    },
  };
}

function contentOf(types: string[], schema: object): object {
  return Object.fromEntries(types.map((type) => [type, { schema }]));
}

/** A schema without a name of its own, with references to those inside it that have one. */
function inlineSchema(schema: z.ZodType, named: z.core.$ZodRegistry<{ id: string }>): object {
  if (schema instanceof z.ZodUnion) {
    return { anyOf: schema.options.map((option) => inlineSchema(option as z.ZodType, named)) };
  }
  if (schema instanceof z.ZodArray) {
    return { type: 'array', items: inlineSchema(schema.element as z.ZodType, named) };
  }
  const id = named.get(schema)?.id;
  if (id !== undefined) return { $ref: `#/components/schemas/${id}` };
  return withoutIdentity(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }));
}

/** `$schema` and `$id` name a document of its own, which a component is not. */
function withoutIdentity(schema: object): object {
  const { $schema: _schema, $id: _id, ...rest } = schema as { $schema?: unknown; $id?: unknown };
  return rest;
}
