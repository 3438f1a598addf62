const vm = require('vm');
const text = 'process.getBuiltinModule("fs").readFileSync(' + JSON.stringify(FILE) + ', "utf8")';
const escape = `this.constructor.constructor(${JSON.stringify(`return ${text}`)})()`;
module.exports = async () => {
  const ways = {
    runInThisContext: () => vm.runInThisContext(text),
    'a script': () => new vm.Script(text).runInThisContext(),
    compileFunction: () => vm.compileFunction(`return ${text}`)(),
    'an object of the host': () => vm.runInNewContext(escape, { constructor: Object }),
    'a function of the host': () =>
      vm.runInNewContext(`given.constructor(${JSON.stringify(`return ${text}`)})()`, {
        given: require,
      }),
    'indirect eval': () => vm.runInThisContext(`(0, eval)(${JSON.stringify(text)})`),
    'its own global': () => vm.runInContext(escape, vm.createContext({ constructor: vm.Script })),
  };
  const found = Object.keys(ways).filter((name) => `${caught(ways[name])}` === SECRET);
  return `read by: ${found.join(', ')}`;
};
