// node build.mjs FOLDER: bundles FOLDER/main.js by each peer, to FOLDER/PEER.js; nothing is minified.
import path from 'node:path';
import LavaMoatPlugin from '@lavamoat/webpack';
import * as esbuild from 'esbuild';
import webpack from 'webpack';

const folder = path.resolve(process.argv[2]);
const entry = path.join(folder, 'main.js');

/**
 * @param {string} name
 * @param {object[]} plugins
 * @returns {Promise<void>}
 */
const byWebpack = (name, plugins) =>
  new Promise((resolve, reject) => {
    const options = {
      mode: 'production',
      entry,
      context: folder,
      output: { path: folder, filename: `${name}.js` },
      optimization: { minimize: false },
      performance: { hints: false },
      plugins,
    };
    webpack(options, (error, stats) => {
      if (error) reject(error);
      else if (stats.hasErrors()) reject(new Error(stats.toString({ all: false, errors: true })));
      else resolve();
    });
  });

await esbuild.build({ entryPoints: [entry], bundle: true, outfile: path.join(folder, 'esbuild.js') });
await byWebpack('webpack', []);
await byWebpack('lavamoat', [
  new LavaMoatPlugin({
    generatePolicy: true,
    policyLocation: path.join(folder, 'policy'),
    inlineLockdown: /lavamoat\.js$/,
  }),
]);
