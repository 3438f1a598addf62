// A source phase import tells which files there are, and reads those of WebAssembly.
const WASM = 'data:application/wasm;base64,AGFzbQEAAAA=';
const Room = globalThis.Compartment ?? class { evaluate(text) { return (0, eval)(text); } }; // prettier-ignore
const ways = {
  eval: (text) => (0, eval)(text),
  Function: (text) => Function(`return ${text}`)(),
  'async Function': (text) => (async () => {}).constructor(`return ${text}`)(),
  'a compartment of its own': (text) => new Room().evaluate(text),
  'a compartment that skips checks': (text) =>
    new Room().evaluate(text, { __evadeImportExpressionTest__: true }),
};
const forms = [
  ['source', (from) => `import.source('${from}')`],
  ['comments', (from) => `import/**/./**/source/**/('${from}')`],
  ['lines', (from) => `import\n.\nsource\n('${from}')`],
  [
    'template',
    (from) =>
      `((text, value) => value)(\`\${(() => import.source('${from}')).name}\`, import.source('${from}'))`,
  ],
];
module.exports = async () => {
  const open = [];
  for (const [way, evaluate] of Object.entries(ways))
    for (const [form, text] of forms)
      for (const from of [WASM, 'file:///no/such/file']) {
        const got = await (async () => evaluate(text(from)))().catch((error) => error);
        const tells =
          got?.code === 'ERR_MODULE_NOT_FOUND' || `${got?.stack}`.includes('Cannot find module');
        if (tells || Object.prototype.toString.call(got) === '[object WebAssembly.Module]')
          open.push(`${way} ${form}`);
      }
  return `imported by: ${[...new Set(open)].join(', ')}`;
};
