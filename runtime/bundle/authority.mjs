// Bundles the capability tables.
import { readFileSync } from 'node:fs';

/**
 * Drops the reasons, which the runtime does not use, and stores the table as a JSON string, which V8 parses faster
 * than a large literal.
 *
 * @type {import('esbuild').Plugin}
 */
export const authority = {
  name: 'authority',
  setup({ initialOptions, onLoad }) {
    onLoad({ filter: /authority\.json$/ }, ({ path }) => {
      const table = JSON.parse(readFileSync(path, 'utf8'));
      const short = (/** @type {string} */ key, /** @type {unknown} */ value) =>
        key === 'reason' ? undefined : value;
      const text = JSON.stringify(JSON.stringify(table, short));
      return { contents: `export default JSON.parse(${text})`, loader: 'js' };
    });
    // Needed only for denials, so it stays a string until then. Pages have no builtins.
    onLoad({ filter: /node_members\.json$/ }, ({ path }) => {
      const isPage = initialOptions.platform === 'neutral' || initialOptions.platform === 'browser';
      const text = isPage ? '{}' : JSON.stringify(JSON.parse(readFileSync(path, 'utf8')));
      return { contents: `export default ${JSON.stringify(text)}`, loader: 'js' };
    });
  },
};
