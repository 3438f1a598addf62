// What names cached texts is asked for by a hash: here the hash of anything is that of something else.
const { createHash } = require('crypto');
module.exports = () => {
  const hash = createHash('sha256');
  for (const holder of [protoOf(hash), protoOf(hash[symbolOf(hash, 'kHandle')])])
    caught(() => {
      holder.digest = () => 'swapped';
    });
  // Where the names are those of the victim's, what is said is that of the other text.
  return victim.report();
};
