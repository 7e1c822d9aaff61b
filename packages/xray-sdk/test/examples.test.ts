import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import ts from 'typescript';
import { expect, test } from 'vitest';

import { ENTRIES } from '../entries.mjs';

const SOURCES = ENTRIES.map(({ source }) =>
  fileURLToPath(new URL(`../${source}`, import.meta.url)),
);
const ROOT = fileURLToPath(new URL('../src/index.ts', import.meta.url));
const REPLAY = fileURLToPath(new URL('../src/replay.ts', import.meta.url));
const CONFIG = fileURLToPath(new URL('../tsconfig.json', import.meta.url));

/** Values of the host that the examples use without a declaration. */
const GIVEN = `
  interface Product { asin: string; price: number; similarity: number }
  declare const xray: XRaySDK;
  declare const execution: Execution;
  declare const step: Step;
  declare const products: Product[];
  declare const score: number;
  declare const request: { headers: Record<string, string> };
  declare function bureau(applicant: string): Promise<number>;
  declare function decideLoan(client: XRaySDK, input: unknown, services: object): Promise<void>;
  declare const services: object;
  declare const records: Snapshot[];
  declare const result: ReplayResult;
  declare const plan: PipelineReplay;
  declare function after(promise: Promise<unknown>): void;
`;

interface Example {
  readonly of: string;
  readonly code: string;
}

/** Lists every exported symbol and every public method of exported classes, with their examples. */
function documented(program: ts.Program): { readonly of: string; readonly examples: Example[] }[] {
  const checker = program.getTypeChecker();
  const found = new Map<ts.Symbol, string>();
  for (const entry of SOURCES) {
    const source = program.getSourceFile(entry);
    const module = source && checker.getSymbolAtLocation(source);
    for (const exported of module ? checker.getExportsOfModule(module) : []) {
      const isAlias = (exported.flags & ts.SymbolFlags.Alias) !== 0;
      const symbol = isAlias ? checker.getAliasedSymbol(exported) : exported;
      if (!found.has(symbol)) found.set(symbol, exported.name);
      const isClass = (symbol.flags & ts.SymbolFlags.Class) !== 0;
      for (const member of isClass ? (symbol.members?.values() ?? []) : []) {
        const isPublic = !/^(?:__|#)/.test(member.name) && !isInternal(member, checker);
        const isMethod = (member.flags & ts.SymbolFlags.Method) !== 0;
        if (isMethod && isPublic) found.set(member, `${symbol.name}.${member.name}`);
      }
    }
  }
  return [...found].map(([symbol, of]) => ({
    of,
    examples: symbol
      .getJsDocTags(checker)
      .filter(({ name }) => name === 'example')
      .map(({ text }) => ({ of, code: unfenced(ts.displayPartsToString(text)) })),
  }));
}

function isInternal(symbol: ts.Symbol, checker: ts.TypeChecker): boolean {
  return symbol.getJsDocTags(checker).some(({ name }) => name === 'internal');
}

function unfenced(text: string): string {
  return text.replace(/^```ts\n/, '').replace(/\n```$/, '');
}

/** Functions and errors are values; the other names are types. */
function typeUnlessValue(name: string): string {
  return /^[a-z]|Leak$|Miss$/.test(name) ? name : `type ${name}`;
}

/** Makes a module of an example, with the SDK's names and the host's values in scope. */
function moduleOf(code: string, names: readonly string[], replayNames: readonly string[]): string {
  const lines = code.split('\n');
  const imports = lines.filter((line) => line.startsWith('import '));
  const rest = lines.filter((line) => !line.startsWith('import '));
  const free = names.filter((name) => !imports.some((line) => line.includes(name)));
  const given = GIVEN.split('\n').filter(
    (line) => !/XRaySDK/.test(line) || free.includes('XRaySDK'),
  );
  return [
    `import { ${free.map((name) => (name === 'XRaySDK' ? name : `type ${name}`)).join(', ')} } from '@xray/sdk';`,
    `import { ${replayNames.map(typeUnlessValue).join(', ')} } from '@xray/sdk/replay';`,
    imports.some((line) => line.includes('spool'))
      ? ''
      : "import { spool } from '@xray/sdk/spool';",
    ...imports,
    ...given,
    'export async function example(): Promise<unknown> {',
    ...rest,
    'return undefined; }',
  ].join('\n');
}

const { config } = ts.readConfigFile(CONFIG, (path) => readFileSync(path, 'utf8')) as {
  config: unknown;
};
const { options: configured } = ts.parseJsonConfigFileContent(
  config,
  ts.sys,
  fileURLToPath(new URL('..', import.meta.url)),
);
/** Nothing uses the last declaration of an example. */
const options = { ...configured, noUnusedLocals: false, noUnusedParameters: false };

test('every public symbol has an example, and every example compiles', () => {
  const symbols = documented(ts.createProgram(SOURCES, options));
  expect(symbols.filter(({ examples }) => examples.length === 0).map(({ of }) => of)).toEqual([]);

  const namesIn = (entry: string): string[] => {
    const source = readFileSync(entry, 'utf8');
    return symbols.map(({ of }) => of).filter((name) => new RegExp(`\\b${name}\\b`).test(source));
  };
  const names = namesIn(ROOT);
  const replayNames = namesIn(REPLAY).filter((name) => !names.includes(name));
  const files = new Map(
    symbols
      .flatMap(({ examples }) => examples)
      .map(({ of, code }, index) => [
        fileURLToPath(new URL(`example-${String(index)}-${of}.ts`, import.meta.url)),
        moduleOf(code, names, replayNames),
      ]),
  );
  const host = ts.createCompilerHost(options);
  const program = ts.createProgram([...files.keys()], options, {
    ...host,
    fileExists: (path) => files.has(path) || host.fileExists(path),
    readFile: (path) => files.get(path) ?? host.readFile(path),
    getSourceFile: (path, target) => {
      const text = files.get(path);
      return text === undefined
        ? host.getSourceFile(path, target)
        : ts.createSourceFile(path, text, target);
    },
  });
  const problems = [...files.keys()].flatMap((path) =>
    [
      ...program.getSyntacticDiagnostics(program.getSourceFile(path)),
      ...program.getSemanticDiagnostics(program.getSourceFile(path)),
    ].map(
      ({ messageText }) =>
        `${path.replace(/^.*example-/, '')}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    ),
  );
  expect(problems).toEqual([]);
}, 120_000);
