// A text with a source map that names FILE as what it was made of.
const assert = require('assert');
const lineOfFile = () => {
  const map = { version: 3, sources: [`file://${FILE}`], names: [], mappings: 'AAAA' };
  const encoded = btoa(JSON.stringify(map));
  globalThis.assert = assert;
  const text = `assert.ok(false)\n//# sourceURL=file:///generated.js\n//# sourceMappingURL=data:application/json;base64,${encoded}`;
  return said(() => (0, eval)(text));
};
