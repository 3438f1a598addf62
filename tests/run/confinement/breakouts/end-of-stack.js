// What is hardened when it is asked for first is asked for where there is no room to do it.
module.exports = () => {
  const got = [];
  fromTheEnd(() => require('fs'));
  const fs = require('fs');
  if (String(caught(() => fs.readFileSync('/proc/self/environ'))).includes('NAME_OF_A_SECRET'))
    got.push('fs');
  const url = new URL('file:///proc/self/environ');
  fromTheEnd(() => {
    const descriptor = fs.openSync(url);
    const bytes = Buffer.alloc(100_000);
    fs.readSync(descriptor, bytes);
    if (bytes.includes('NAME_OF_A_SECRET')) got.push('URL');
  });
  for (const [name, load] of [
    ['readline', () => require('readline').Interface.prototype],
    ['net', () => require('net').Socket.prototype],
    ['stream/web', () => require('stream/web').ReadableStream.prototype],
  ]) {
    fromTheEnd(load);
    if (Object.isExtensible(load())) got.push(name);
  }
  return `got: ${got}`;
};
