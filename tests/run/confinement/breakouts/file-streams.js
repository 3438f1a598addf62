const { createReadStream, createWriteStream } = require('fs');
const fsOf = (stream) =>
  Reflect.ownKeys(stream)
    .map((key) => caught(() => stream[key]))
    .find((value) => typeof value?.readFileSync === 'function');
module.exports = async () => {
  const streams = {
    createReadStream: () => createReadStream('/dev/null'),
    createWriteStream: () => createWriteStream('/dev/null'),
    'constructor of a ReadStream': () =>
      new (createReadStream('/dev/null').constructor)('/dev/null'),
    'constructor of a WriteStream': () =>
      new (createWriteStream('/dev/null').constructor)('/dev/null'),
    'a subclass': () =>
      new (class extends createReadStream('/dev/null').constructor {})('/dev/null'),
  };
  const open = Object.entries(streams).filter(([, make]) => {
    const stream = caught(make);
    caught(() => stream.on('error', () => {}));
    return fsOf(stream)?.readFileSync(FILE, 'utf8') === SECRET;
  });
  return `fs by: ${open.map(([name]) => name).join(', ')}`;
};
