// Writes what follows from entries.mjs: `exports` and `typesVersions` of package.json, and the two programs of the
// tests that load every entry. With --check it only says whether they are up to date.
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ENTRIES } from './entries.mjs';

/** Runtimes without Node's modules. A bundler without one of these conditions gets the web build too. */
const WEB_CONDITIONS = ['workerd', 'edge-light', 'browser'];

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const isCheck = process.argv.includes('--check');

/** @param {string} types @param {string} script */
const target = (types, script) => ({
  import: { types: `./dist/${types}.d.ts`, default: `./dist/${script}.js` },
  require: { types: `./dist/${types}.d.cts`, default: `./dist/${script}.cjs` },
});

/** @param {import('./entries.mjs').Entry} entry */
function conditionsOf({ name, web }) {
  if (web === undefined) return target(name, name);
  const onWeb = target(name, `${name}-web`);
  const conditions = WEB_CONDITIONS.map((condition) => [condition, onWeb]);
  return { ...Object.fromEntries(conditions), node: target(name, name), ...onWeb };
}

function manifest() {
  const {
    exports: _,
    typesVersions: __,
    ...rest
  } = JSON.parse(fs.readFileSync(at('package.json'), 'utf8'));
  const subpaths = ENTRIES.filter(({ name }) => name !== 'index');
  const generated = {
    typesVersions: {
      '*': Object.fromEntries(subpaths.map(({ name }) => [name, [`./dist/${name}.d.ts`]])),
    },
    imports: rest.imports,
    exports: {
      ...Object.fromEntries(
        ENTRIES.map((entry) => [
          entry.name === 'index' ? '.' : `./${entry.name}`,
          conditionsOf(entry),
        ]),
      ),
      './package.json': './package.json',
    },
  };
  // The order of the members stays.
  const members = Object.entries(rest).flatMap(([key, value]) =>
    key === 'imports' ? Object.entries(generated) : [[key, value]],
  );
  return `${JSON.stringify(Object.fromEntries(members), null, 2)}\n`;
}

const identifier = (name) => name.replaceAll(/-(\w)/g, (_, letter) => letter.toUpperCase());
const specifier = (name) => (name === 'index' ? '@xray/sdk' : `@xray/sdk/${name}`);

/** @param {'import' | 'require'} way */
function program(way) {
  const load = ({ name }) =>
    way === 'import'
      ? `import * as ${identifier(name)} from '${specifier(name)}';`
      : `const ${identifier(name)} = require('${specifier(name)}');`;
  const loaded = ENTRIES.map(({ name }) => `  ${JSON.stringify(name)}: ${identifier(name)},`);
  return `// Written by exports.mjs. A host that loads every entry with \`${way}\`, records one execution, and prints what it loaded.
${ENTRIES.map(load).join('\n')}

const entries = {
${loaded.join('\n')}
};
const xray = new index.XRaySDK({ apiKey: 'xr_test', appId: 'app', pipeline: 'entries' });
xray.run((execution) => execution.decide('loaded'));
const isLoaded = (entry) => Object.values(entry).some((value) => typeof value === 'function');
const loaded = Object.keys(entries).filter((name) => isLoaded(entries[name]));
void xray.flush().then((isFlushed) => console.log(JSON.stringify({ isFlushed, loaded })));
`;
}

const bare = (text) => text.replaceAll(/[\s,"']/g, '');

const files = {
  'package.json': manifest(),
  'test/programs/entries.mjs': program('import'),
  'test/programs/entries.cjs': program('require'),
};
for (const [path, text] of Object.entries(files)) {
  const found = fs.readFileSync(at(path), 'utf8');
  // oxfmt formats these files afterwards, so only their content is compared.
  if (bare(found) === bare(text)) continue;
  if (isCheck) {
    console.error(`${path} does not follow entries.mjs: run node exports.mjs`);
    process.exitCode = 1;
  } else {
    fs.writeFileSync(at(path), text);
  }
}
