// Setters of hardened prototypes are asked to keep a value for an object that all have.
const objects = [Array, String, Object, Function, Error, Promise, Map, RegExp, Iterator, URL].map(
  (made) => made.prototype,
);
const each = (act) => {
  for (const source of objects)
    for (const key of Reflect.ownKeys(source)) {
      const property = Reflect.getOwnPropertyDescriptor(source, key);
      for (const target of objects) caught(() => act(target, property));
    }
};
const send = (value) =>
  each((target, { get, set }) => {
    if (set) set.call(target, value);
    // In plain Node nothing stands in the way of a property.
    else if (!get) target.channel = value;
  });
const receive = () => {
  const heard = [];
  each((target, { get }) => heard.push(get ? get.call(target) : target.channel));
  return heard.some((value) => value?.secret === SECRET);
};
