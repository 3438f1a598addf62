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
  conditions: ['import'],
  legalComments: 'eof',
  logLevel: 'warning',
});
