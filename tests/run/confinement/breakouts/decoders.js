// Every stream with an encoding leads to a class that only `string_decoder` names.
const { Readable } = require('stream');
module.exports = () => {
  const prototype = Object.getPrototypeOf(new Readable({ encoding: 'utf8' })._readableState.decoder);
  const heard = [];
  const { write } = prototype;
  caught(() => {
    prototype.write = function (...args) {
      heard.push(write.apply(this, args));
      return heard.at(-1);
    };
  });
  victim();
  return `heard: ${heard}`;
};
