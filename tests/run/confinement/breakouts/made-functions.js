const kinds = {
  Function: () => {},
  AsyncFunction: async () => {},
  GeneratorFunction: function* () {},
  AsyncGeneratorFunction: async function* () {},
};
const resultOf = async (made) => {
  const value = await made;
  return typeof value?.next === 'function' ? (await value.next()).value : value;
};
const text = 'process.getBuiltinModule("fs").readFileSync(' + JSON.stringify(FILE) + ', "utf8")';
module.exports = async () => {
  const found = [];
  const heard = [];
  for (const [name, kind] of Object.entries(kinds)) {
    const { constructor } = Object.getPrototypeOf(kind);
    const keyword = name.includes('Generator') ? 'yield' : 'return';
    // Also of the victim's functions, and where the text closes what it is put into.
    for (const make of [constructor, victim[name].constructor]) {
      if ((await resultOf(caught(() => make(`${keyword} ${text}`)())).catch(String)) === SECRET)
        found.push(name);
      const closing = caught(() => make(`/*`, `*/){}), ${text}, (function(`));
      if (closing === SECRET) found.push(`${name} closed`);
    }
    // What one leaves in the scope of such functions, the other sees.
    const leave = `globalThis.left = ${JSON.stringify(SECRET)}; ${keyword} 1`;
    await resultOf(caught(() => constructor(leave)())).catch(String);
    if ((await victim.look(name, keyword)) === SECRET) heard.push(name);
    delete globalThis.left;
  }
  return `read by: ${[...new Set(found)].join(', ')}; left for others by: ${heard.join(', ')}`;
};
