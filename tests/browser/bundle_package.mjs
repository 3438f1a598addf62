// Bundles a program that uses the npm package, as those who write pages do: node bundle_package.mjs PROGRAM FOLDER
import { cpSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeConsumer } from '../../runtime/test/consumer.js';

const [, , program, folder] = process.argv;
const require = createRequire(fileURLToPath(new URL('../../runtime/package.json', import.meta.url)));
const { build } = require('esbuild');

const consumer = makeConsumer();
const entry = join(consumer, basename(program));
cpSync(program, entry);
const { metafile } = await build({
  entryPoints: [entry],
  outdir: folder,
  bundle: true,
  splitting: true,
  minify: true,
  format: 'esm',
  platform: 'browser',
  metafile: true,
  logLevel: 'warning',
});
const sizes = Object.entries(metafile.outputs).map(([path, { bytes, entryPoint }]) => ({
  name: basename(path),
  bytes,
  isEntry: entryPoint !== undefined && entryPoint.endsWith(basename(program)),
  hasCompiler: Object.keys(metafile.outputs[path].inputs).some((input) => input.endsWith('/compile.js')),
}));
console.log(JSON.stringify(sizes));
