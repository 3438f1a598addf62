// node webpack.mjs ENTRY OUTPUT CACHE [EXTERNAL...]; CACHE is a folder, or '' for none.
import path from 'node:path';
import webpack from 'webpack';

const [, , entry, output, cacheDirectory, ...external] = process.argv;
const compiler = webpack({
  mode: 'none',
  target: 'node',
  entry,
  context: path.dirname(entry),
  output: { path: path.dirname(output), filename: path.basename(output) },
  externals: Object.fromEntries(external.map((name) => [name, `commonjs ${name}`])),
  cache: cacheDirectory ? { type: 'filesystem', cacheDirectory } : false,
  performance: false,
});

compiler.run((error, stats) => {
  if (error) throw error;
  for (const { message } of stats.toJson({ all: false, errors: true }).errors) {
    console.error(message);
    process.exitCode = 1;
  }
  compiler.close(() => {}); // writes the cache
});
