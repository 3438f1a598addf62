// Bundles the runtime and ses into two CommonJS files, what is started and what it loads: `node build.mjs [FOLDER]`.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

const folder = process.argv[2] ?? here('../compartment_mapper/_runtime');

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
};

await build({
  ...common,
  entryPoints: [here('src/start.js')],
  outfile: `${folder}/main.cjs`,
  define: { 'import.meta.dirname': '__dirname' },
});
await build({ ...common, entryPoints: [here('src/main.js')], outfile: `${folder}/runtime.cjs` });
await build({ ...common, entryPoints: [here('src/erase.js')], outfile: `${folder}/erase.cjs` });
