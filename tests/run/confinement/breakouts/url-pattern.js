const { createDeflate } = require('zlib');
module.exports = () => {
  const { prototype } = URLPattern;
  const members = Reflect.ownKeys(prototype).flatMap((key) => {
    const { get, value } = Reflect.getOwnPropertyDescriptor(prototype, key);
    return [get, value].filter((member) => typeof member === 'function' && key !== 'constructor');
  });
  const isRefused = (member, taken) => {
    const got = caught(() => member.call(taken, '/x'));
    // A frozen prototype gives its methods by getters.
    return typeof got === 'function' ? isRefused(got, taken) : got instanceof TypeError;
  };
  const others = [{}, createDeflate()._handle, Object.create(prototype), prototype];
  const all = others.every((taken) => members.every((member) => isRefused(member, taken)));
  const works = new URLPattern({ pathname: '/:x' }).test({ pathname: '/a' });
  return `refused by ${all && members.length > 5 ? 'all' : 'some'}; pattern ${works}`;
};
