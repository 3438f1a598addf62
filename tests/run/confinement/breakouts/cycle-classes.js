module.exports = (text) => String(text);
const unfinished = require('victim');
const { Auth, one } = unfinished;
const pin = (prototype) =>
  Object.defineProperty(prototype, 'check', { get: () => () => true, set() {}, enumerable: true });
const routes = [
  () => Auth.prototype,
  () => protoOf(new Auth()),
  () => protoOf(one),
  () => one.__proto__,
  () => one.constructor.prototype,
  () => protoOf(unfinished.make()),
  () => protoOf(Auth.make()),
  () => protoOf(one.self()),
  () => protoOf(Auth.prototype.self.call(one)),
  () => protoOf(Auth.prototype.self.bind(one)()),
  () => protoOf(new (Auth.bind())()),
  () => protoOf(Reflect.construct(Auth, [])),
  () => protoOf(Object.getOwnPropertyDescriptor(unfinished, 'one').value),
  () => protoOf({ ...unfinished }.one),
  () => protoOf(class extends Auth {}.prototype),
];
for (const route of routes) caught(() => pin(route()));
