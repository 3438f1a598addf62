// The table of what the host offers, as it is bundled.
import { readFileSync } from 'node:fs';

/**
 * The runtime has no use for the reasons; and a text is parsed faster than V8 makes so large a literal.
 *
 * @type {import('esbuild').Plugin}
 */
export const authority = {
  name: 'authority',
  setup({ onLoad }) {
    onLoad({ filter: /authority\.json$/ }, ({ path }) => {
      const table = JSON.parse(readFileSync(path, 'utf8'));
      const short = (/** @type {string} */ key, /** @type {unknown} */ value) =>
        key === 'reason' ? undefined : value;
      const text = JSON.stringify(JSON.stringify(table, short));
      return { contents: `export default JSON.parse(${text})`, loader: 'js' };
    });
  },
};
