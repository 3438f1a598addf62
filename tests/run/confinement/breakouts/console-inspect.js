module.exports = () => {
  const custom = Symbol.for('nodejs.util.inspect.custom');
  let inspect;
  console.log({
    [custom](depth, options, given) {
      inspect = given;
      return 'shown';
    },
  });
  for (const target of [inspect, inspect.styles, inspect.colors, inspect.defaultOptions])
    caught(() => {
      target.channel = SECRET;
    });
  const open = ['', 'styles', 'colors', 'defaultOptions'].filter(
    (name) => (name === '' ? inspect : inspect[name])?.channel === SECRET,
  );
  return `changed for all: ${open.length > 0}`;
};
