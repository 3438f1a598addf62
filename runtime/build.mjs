// Bundles the runtime and ses: the entry point, the files that it loads, and the runtime of scripts: `node build.mjs
// [FOLDER]`.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { authority } from './bundle/authority.mjs';

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

const folder = process.argv[2] ?? here('../compartment_mapper/_runtime');

/**
 * Replaces imports of builtins, because a script in a page has none.
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
  keepNames: true, // for example, ses's Error must have the name `Error`
  conditions: ['import'],
  legalComments: 'eof',
  // ses needs strict mode, and a tsconfig.json nearby must not change that.
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
  legalComments: 'none', // Python writes the license comments
  plugins: [authority, builtins],
});

const script = readFileSync(`${folder}/script.js`, 'utf8');
// In an HTML page, these would end the script or change the detection of its end. They only occur in literals.
writeFileSync(`${folder}/script.js`, script.replace(/<(?=!--|\/?script)/gi, '\\x3C'));
