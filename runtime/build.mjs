// Bundles the runtime and ses: the entry point, the files that it loads, and the runtime of scripts: `node build.mjs
// [FOLDER]`.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
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

/** Returns a comment with the licenses of packages that have no comments of their own. */
const licenses = (/** @type {string[]} */ ...names) => {
  const texts = names.map((name) => {
    const text = readFileSync(here(`node_modules/${name}/LICENSE`), 'utf8').trim();
    return `${name.startsWith('d3-') ? 'd3' : name}:\n${text}`;
  });
  return `/*!\n${texts.join('\n\n').replaceAll('*/', '* /')}\n*/`;
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
await build({
  ...common,
  entryPoints: [here('report/main.js'), here('report/report.css')],
  outdir: folder,
  entryNames: '[name]',
  platform: 'browser',
  format: 'iife',
  target: ['chrome117', 'firefox119', 'safari17.4'],
  charset: 'ascii',
  keepNames: false,
  banner: { js: licenses('d3-hierarchy', '@dagrejs/dagre') }, // the page is distributed
  plugins: [],
});
renameSync(`${folder}/main.js`, `${folder}/report.js`);

// In an HTML page, these would end the script or change the detection of its end. They only occur in literals.
for (const name of ['script.js', 'report.js']) {
  const script = readFileSync(`${folder}/${name}`, 'utf8');
  writeFileSync(`${folder}/${name}`, script.replace(/<(?=!--|\/?script)/gi, '\\x3C'));
}
