// An object that says itself what Node is to make of it when it is copied.
const carrier = () => {
  const made = new DOMException('x');
  const value = () => ({
    data: { handle: { fd: 0 } },
    deserializeInfo: 'internal/fs/promises:FileHandle',
  });
  // Without the symbol on it any more, the one of another package or Node version would do.
  const symbol = caught(() => symbolOf(made, 'messaging_clone_symbol'));
  if (typeof symbol === 'symbol') Object.defineProperty(made, symbol, { value });
  for (const key of Reflect.ownKeys(DOMException.prototype))
    if (typeof key === 'symbol') caught(() => Object.defineProperty(made, key, { value }));
  return made;
};
const readBy = (copy) => {
  const { constructor: ReadStream } = copy.createReadStream({ autoClose: false });
  return textOf(new ReadStream(FILE));
};
