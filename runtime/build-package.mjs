// Builds the JavaScript of the npm package: `node build-package.mjs [FOLDER]`. Dependencies stay external, except
// those of the compiler: pages can use a single file directly, and Node loads one file much faster than hundreds.
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { authority } from './bundle/authority.mjs';

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

const folder = process.argv[2] ?? here('dist');

/** @type {import('esbuild').BuildOptions} */
const common = {
  outdir: folder,
  bundle: true,
  format: 'esm',
  target: 'es2022',
  charset: 'utf8',
  tsconfigRaw: {},
  logLevel: 'warning',
};

/**
 * @param {string[]} files of packages
 * @returns {string} license texts that have to be included
 */
const licenses = (files) => {
  const packages = files.map((file) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? '');
  const texts = [...new Set(packages)].filter(Boolean).map((path) => {
    const name = readdirSync(here(path)).find((file) => /^licen[cs]e/i.test(file));
    if (name === undefined) throw new Error(`${path} has no license`);
    return `${path.replace('node_modules/', '')}\n\n${readFileSync(here(join(path, name)), 'utf8')}`;
  });
  return `compile.js contains these packages.\n\n${texts.sort().join(`\n${'-'.repeat(80)}\n\n`)}`;
};

rmSync(folder, { recursive: true, force: true });
await build({
  ...common,
  entryPoints: ['index', 'browser'].map((name) => here(`src/api/${name}.js`)),
  splitting: true,
  packages: 'external',
  external: ['./compile.js'],
  platform: 'neutral',
  plugins: [authority],
});
const { metafile } = await build({
  ...common,
  entryPoints: [here('src/api/compile.js')],
  absWorkingDir: here('.'),
  external: ['ses'],
  platform: 'browser',
  define: { process: '{"env":{}}' }, // parsers written for Node read settings from it
  minify: true,
  metafile: true,
});
writeFileSync(join(folder, 'LICENSES.txt'), licenses(Object.keys(metafile.inputs)));
writeFileSync(join(folder, 'LICENSE'), readFileSync(here('../LICENSE')));
