import { typeText, type JsonSchema } from './schema-text.js';

interface Operation {
  summary: string;
  tags: string[];
  security: Record<string, unknown>[];
  parameters: {
    name: string;
    in: string;
    required: boolean;
    schema: JsonSchema;
    example?: string;
  }[];
  requestBody?: {
    required: boolean;
    content: Record<string, { schema: JsonSchema; example?: unknown }>;
  };
  responses: Record<
    string,
    {
      description: string;
      content?: Record<string, { schema: JsonSchema; example?: unknown }>;
    }
  >;
}

export interface ApiDocument {
  info: { title: string; version: string; description: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, JsonSchema> };
}

const CREDENTIALS: Record<string, string> = {
  bearer: 'API key (Bearer)',
  apiKey: 'API key (x-api-key)',
  session: 'signed in',
};

/**
 * The API document as one page without a script. The renderers on npm bring telemetry, fonts from a
 * CDN or hundreds of packages, and this page only lists calls and types.
 */
export function docsPage({ info, paths, components }: ApiDocument): string {
  const calls = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ method, path, operation })),
  );
  const tags = [...new Set(calls.flatMap(({ operation }) => operation.tags))];
  const sections = tags.map((tag) => {
    const tagCalls = calls.filter(({ operation }) => operation.tags.includes(tag));
    return `<h2 id="${slug(tag)}">${escape(tag)}</h2>${tagCalls.map(callHtml).join('')}`;
  });
  const types = Object.entries(components.schemas).map(
    ([name, schema]) =>
      `<section id="type-${name}"><h3>${escape(name)}</h3>${
        schema.description === undefined ? '' : `<p>${escape(schema.description)}</p>`
      }<pre>${linked(typeText(schema))}</pre></section>`,
  );
  const menu = [...tags, 'Types'].map((tag) => `<a href="#${slug(tag)}">${escape(tag)}</a>`);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escape(info.title)} API</title><style>${STYLE}</style></head>
<body><header><h1>${escape(info.title)} API <small>${escape(info.version)}</small></h1>
<p>${escape(info.description)} The same as a document for machines: <a href="/openapi.json">/openapi.json</a>.
Errors are one shape: <a href="#type-Error">Error</a>.</p><nav>${menu.join('')}</nav></header>
<main>${sections.join('')}<h2 id="types">Types</h2>${types.join('')}</main></body></html>
`;
}

function callHtml({
  method,
  path,
  operation,
}: {
  method: string;
  path: string;
  operation: Operation;
}): string {
  const who = operation.security.flatMap((requirement) =>
    Object.keys(requirement).map((name) => CREDENTIALS[name] ?? name),
  );
  const parameters = operation.parameters.map(
    ({ name, required, schema, example, ...parameter }) =>
      `<tr><td><code>${escape(name)}</code></td><td>${parameter.in}${required ? '' : ', optional'}</td><td><code>${linked(typeText(schema))}</code></td><td>${example === undefined ? '' : `<code>${escape(example)}</code>`}</td></tr>`,
  );
  const bodies = Object.entries(operation.requestBody?.content ?? {}).map(
    ([type, { schema, example }]) =>
      `<p>Takes <code>${escape(type)}</code></p><pre>${linked(typeText(schema))}</pre>${
        example === undefined ? '' : `<pre>${escape(JSON.stringify(example, null, 2))}</pre>`
      }`,
  );
  const answers = Object.entries(operation.responses)
    .filter(([status]) => status !== 'default')
    .map(([status, { description, content }]) => {
      const [answer] = Object.values(content ?? {});
      return `<p><b>${status}</b> ${escape(description)}</p>${
        answer === undefined ? '' : `<pre>${linked(typeText(answer.schema))}</pre>`
      }${
        answer?.example === undefined || Number(status) >= 400
          ? ''
          : `<details><summary>Example</summary><pre>${escape(JSON.stringify(answer.example, null, 2))}</pre></details>`
      }`;
    });
  return `<details id="${slug(`${method} ${path}`)}"><summary><b class="${method}">${method.toUpperCase()}</b>
<code>${escape(path)}</code> <span>${escape(operation.summary)}</span></summary>
<p class="who">For: ${escape(who.length === 0 ? 'everybody' : who.join(', '))}</p>
${parameters.length === 0 ? '' : `<table>${parameters.join('')}</table>`}${bodies.join('')}${answers.join('')}</details>`;
}

/** Links the names of types to their definitions. */
function linked(text: string): string {
  return escape(text).replaceAll(/@(\w+)/g, '<a href="#type-$1">$1</a>');
}

function slug(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

const STYLE = `:root{color-scheme:light dark;--line:light-dark(#e3e3e9,#2a2a32);--panel:light-dark(#fff,#151519);--muted:light-dark(#54545f,#adadb8);--accent:light-dark(#4f46e5,#a3a0ff)}
*{box-sizing:border-box}body{margin:0 auto;max-width:64rem;padding:1.5rem 1rem 6rem;font:14px/1.5 system-ui,sans-serif;background:light-dark(#f7f7f9,#0e0e11);color:light-dark(#17171b,#ededf1)}
a{color:var(--accent)}code,pre{font:12px/1.5 ui-monospace,monospace}h1 small{font-weight:400;color:var(--muted)}nav{display:flex;flex-wrap:wrap;gap:1rem}
h2{margin:2.5rem 0 .75rem}details,section{border:1px solid var(--line);border-radius:6px;background:var(--panel);padding:0 .75rem;margin:.5rem 0}
summary{cursor:pointer;padding:.5rem 0;overflow-wrap:anywhere}summary b{display:inline-block;min-width:4rem}summary span,.who{color:var(--muted)}
pre{overflow:auto;white-space:pre-wrap;overflow-wrap:anywhere;border-top:1px solid var(--line);margin:0 -.75rem .5rem;padding:.75rem}table{border-collapse:collapse;width:100%}td{border-top:1px solid var(--line);padding:.35rem .75rem .35rem 0;vertical-align:top;overflow-wrap:anywhere}
:focus-visible{outline:2px solid var(--accent)}`;
