import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as core from '@xray/core';
import { z } from 'zod';
import { get } from './support/http.js';
import { freshServer } from './support/databases.js';

interface Content {
  schema: { $ref?: string };
  example?: unknown;
}
interface Operation {
  security: unknown[];
  parameters: { name: string; in: string; example?: string; schema: { default?: unknown } }[];
  responses: Record<string, { content?: Record<string, Content> }>;
}
/** Core's schema of a type that the document names. */
function schemaOf(name: string): z.ZodType {
  const schemaName =
    name === 'Error' ? 'errorBodySchema' : `${name[0]?.toLowerCase()}${name.slice(1)}Schema`;
  const schema = (core as Record<string, unknown>)[schemaName];
  if (!(schema instanceof z.ZodType)) throw new Error(`core has no ${schemaName}`);
  return schema;
}

type Document = {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, { properties?: object }> };
};

describe('/openapi.json', () => {
  let server: Awaited<ReturnType<typeof freshServer>>;
  let document: Document;
  beforeAll(async () => {
    server = await freshServer('postgres');
    document = await get<Document>(`${server.url}/openapi.json`);
  });
  afterAll(() => server.close());

  const operationAt = (path: string): Operation => {
    const operation = document.paths[path.replaceAll(/:(\w+)/g, '{$1}')]?.['get'];
    if (operation === undefined) throw new Error(`the document has no GET ${path}`);
    return operation;
  };

  test('is a valid OpenAPI 3.1 document, with every reference resolved', async () => {
    const validator = new Validator();
    const result = await validator.validate(structuredClone(document));
    expect(result.errors).toBeUndefined();
    expect(result.valid).toBe(true);
    expect(validator.version).toBe('3.1');
    const names = [
      ...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g),
    ];
    expect(names.length).toBeGreaterThan(10);
    for (const [, name = ''] of names) expect(document.components.schemas).toHaveProperty(name);
  });

  test('has an example for every question, of the input and the answer', () => {
    for (const path of Object.keys(core.QUESTIONS)) {
      const operation = operationAt(path);
      for (const { name, example, schema } of operation.parameters) {
        expect({ path, name, shown: example ?? schema.default }).toMatchObject({
          shown: expect.anything(),
        });
      }
      for (const { content = {} } of Object.values(operation.responses)) {
        for (const { schema, example } of Object.values(content)) {
          const name = schema.$ref?.split('/').at(-1) ?? path;
          expect({ name, parsed: schemaOf(name).parse(example) }).toEqual({
            name,
            parsed: example,
          });
        }
      }
    }
  });

  test('says the same about every question as the clients do', () => {
    for (const [path, { query, answer }] of Object.entries(core.QUESTIONS)) {
      const operation = operationAt(path);
      const inQuery = operation.parameters.filter((parameter) => parameter.in === 'query');
      expect({ path, names: inQuery.map(({ name }) => name) }).toEqual({
        path,
        names: Object.keys(query.shape),
      });
      const content = Object.values(operation.responses['200']?.content ?? {});
      const name = content[0]?.schema.$ref?.split('/').at(-1) ?? 'unnamed';
      expect({ path, isAnswer: schemaOf(name) === answer }).toEqual({ path, isAnswer: true });
    }
  });

  test('names the type of every answer that is not JSON', () => {
    const typeOf = (path: string): string[] =>
      Object.keys(document.paths[`/api/apps/{app}/${path}`]?.get?.responses['200']?.content ?? {});
    expect([typeOf('live'), typeOf('export')]).toEqual([
      ['text/event-stream'],
      ['application/x-ndjson'],
    ]);
  });

  test('describes the whole snapshot', () => {
    const { Snapshot } = document.components.schemas;
    expect(Object.keys(Snapshot?.properties ?? {})).toEqual(
      expect.arrayContaining(['executionId', 'decision', 'steps', 'marks', 'dropped']),
    );
  });

  test('every described path answers, and refuses a wrong key unless it is public', async () => {
    for (const [path, operations] of Object.entries(document.paths)) {
      const concrete = path.replaceAll(/\{\w+\}/g, 'none');
      for (const [method, { security }] of Object.entries(operations)) {
        const response = await fetch(server.url + concrete, {
          method: method.toUpperCase(),
          headers: { 'x-api-key': 'xr_wrong' },
        });
        expect({ path, method, refused: response.status === 401 }).toEqual({
          path,
          method,
          refused: security.length > 0,
        });
      }
    }
  });
});

describe('/docs', () => {
  let server: Awaited<ReturnType<typeof freshServer>>;
  beforeAll(async () => {
    server = await freshServer('postgres');
  });
  afterAll(() => server.close());

  test('shows every call and every type of the document, without a script', async () => {
    const document = await get<Document>(`${server.url}/openapi.json`);
    const response = await fetch(`${server.url}/docs`);
    expect(response.headers.get('content-type')).toContain('text/html');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    const page = await response.text();
    for (const path of Object.keys(document.paths)) expect(page).toContain(`<code>${path}</code>`);
    const links = [...page.matchAll(/href="#([\w-]+)"/g)].map(([, id]) => id);
    expect(links.length).toBeGreaterThan(50);
    for (const id of links) expect(page).toContain(`id="${id}"`);
    expect(page).not.toContain('<script');
  });
});
