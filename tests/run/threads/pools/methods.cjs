exports.greet = (name) => `hello ${name}`;
exports.fail = async () => {
  throw new TypeError('no');
};
exports.invert = (map) => new Map([...map].map(([key, value]) => [value, key]));
