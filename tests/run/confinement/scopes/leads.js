// Everything that properties and prototypes of an object lead to.
module.exports = (root, most = 20000) => {
  const seen = new Set();
  const left = [root];
  while (left.length > 0 && seen.size < most) {
    const at = left.pop();
    if ((typeof at !== 'object' && typeof at !== 'function') || at === null || seen.has(at))
      continue;
    seen.add(at);
    left.push(Object.getPrototypeOf(at));
    for (const key of Reflect.ownKeys(at)) {
      const { value } = Reflect.getOwnPropertyDescriptor(at, key) ?? {};
      left.push(value);
      try {
        left.push(at[key]);
      } catch {}
    }
  }
  return [...seen];
};
