// Bundles the runtime and ses: what is started, what it loads, and what is put into scripts: `node build.mjs [FOLDER]`.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { authority } from './bundle/authority.mjs';

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

const folder = process.argv[2] ?? here('../compartment_mapper/_runtime');

/**
 * A script has no module to import from where it runs in a page.
 *
 * @type {import('esbuild').Plugin}
 */
const builtins = {
  name: 'builtins',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: 'builtins' }));
    onLoad({ filter: /^/, namespace: 'builtins' }, ({ path }) => ({
      contents: `module.exports = globalThis.process?.getBuiltinModule?.('${path}') ?? {};`,
    }));
  },
};

/** @type {import('esbuild').BuildOptions} */
const common = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  charset: 'utf8',
  minify: true,
  keepNames: true, // ses's Error is to be called so, whatever else is in the bundle
  conditions: ['import'],
  legalComments: 'eof',
  // ses runs in strict code only; what a tsconfig.json beside says of it must not matter.
  banner: { js: "'use strict';" },
  tsconfigRaw: {},
  logLevel: 'warning',
  plugins: [authority],
};

await build({
  ...common,
  entryPoints: [here('src/run/start.js')],
  outfile: `${folder}/main.cjs`,
  define: { 'import.meta.dirname': '__dirname' },
});
await build({
  ...common,
  entryPoints: [here('src/run/main.js')],
  outfile: `${folder}/runtime.cjs`,
});
await build({
  ...common,
  entryPoints: [here('src/tools/strip-types.js')],
  outfile: `${folder}/strip-types.cjs`,
});
await build({
  ...common,
  entryPoints: [here('src/sandbox/main.js')],
  outfile: `${folder}/sandbox.cjs`,
});
await build({
  ...common,
  entryPoints: [here('src/tools/minify.js')],
  outfile: `${folder}/minify.mjs`,
  format: 'esm',
  banner: {},
});
await build({
  ...common,
  entryPoints: [here('src/run/script.js')],
  outfile: `${folder}/script.js`,
  platform: 'neutral',
  charset: 'ascii', // a page may be in any encoding
  legalComments: 'none', // Python writes what is to be said
  plugins: [authority, builtins],
});

const script = readFileSync(`${folder}/script.js`, 'utf8');
// Within an HTML page, these would end the script, or change how its end is found. They stand in literals.
writeFileSync(`${folder}/script.js`, script.replace(/<(?=!--|\/?script)/gi, '\\x3C'));
