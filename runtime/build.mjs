// Bundles the runtime and ses into one CommonJS file: `node build.mjs [OUTPUT]`.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

await build({
  entryPoints: [here('src/main.js')],
  outfile: process.argv[2] ?? here('../compartment_mapper/_runtime/main.cjs'),
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  charset: 'utf8',
  keepNames: true, // ses's Error is to be called so, whatever else is in the bundle
  conditions: ['import'],
  legalComments: 'eof',
  // ses runs in strict code only; what a tsconfig.json beside says of it must not matter.
  banner: { js: "'use strict';" },
  tsconfigRaw: {},
  logLevel: 'warning',
});
