const { createHash } = require('crypto');
module.exports = () => {
  const decoder = new TextDecoder('utf-16le');
  const hash = createHash('sha256');
  caught(() => {
    decoder[symbolOf(decoder, 'handle')] = hash[symbolOf(hash, 'kHandle')];
  });
  return `decoded ${decoder.decode(new Uint8Array([65, 0]))}`;
};
