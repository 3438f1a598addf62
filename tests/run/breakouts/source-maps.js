const assert = require('assert');
module.exports = () => {
  const map = { version: 3, sources: [`file://${FILE}`], names: [], mappings: 'AAAA' };
  const encoded = btoa(JSON.stringify(map));
  globalThis.assert = assert;
  const text = `assert.ok(false)\n//# sourceURL=file:///generated.js\n//# sourceMappingURL=data:application/json;base64,${encoded}`;
  return said(() => (0, eval)(text));
};
