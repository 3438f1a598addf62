// Builds what the npm package has beside its types: `node build-package.mjs [FOLDER]`. Packages stay outside of it.
import { copyFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { authority } from './bundle/authority.mjs';

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

const folder = process.argv[2] ?? here('dist');

rmSync(folder, { recursive: true, force: true });
await build({
  entryPoints: ['index', 'browser', 'compile'].map((name) => here(`src/api/${name}.js`)),
  outdir: folder,
  bundle: true,
  splitting: true, // the compiler is loaded later, by both
  packages: 'external',
  platform: 'neutral',
  format: 'esm',
  target: 'es2022',
  charset: 'utf8',
  tsconfigRaw: {},
  logLevel: 'warning',
  plugins: [authority],
});
copyFileSync(here('../LICENSE'), `${folder}/LICENSE`);
