exports.greet = (name) => `hello ${name}`;
exports.fail = async () => {
  throw new TypeError('no');
};
