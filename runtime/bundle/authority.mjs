// The tables of what the host offers, as they are bundled.
import { readFileSync } from 'node:fs';

/**
 * The runtime has no use for the reasons; and a text is parsed faster than V8 makes so large a literal.
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
    // Looked up when something is denied: it stays text until then. Pages have no builtins.
    onLoad({ filter: /node_members\.json$/ }, ({ path }) => {
      const isPage = initialOptions.platform === 'neutral' || initialOptions.platform === 'browser';
      const text = isPage ? '{}' : JSON.stringify(JSON.parse(readFileSync(path, 'utf8')));
      return { contents: `export default ${JSON.stringify(text)}`, loader: 'js' };
    });
  },
};
