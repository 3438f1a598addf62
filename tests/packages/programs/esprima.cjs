const esprima = require('esprima');
const meriyah = require('meriyah');

const text = 'const f = async ({ a = 1, ...rest }) => { for (const x of rest.list) await x; };';
for (const parse of [
  (t) => esprima.parseScript('var a = 08, b = /x/g; label: for (;;) break label;'),
  (t) => meriyah.parseScript(t),
]) {
  const kinds = [];
  JSON.stringify(parse(text), (_key, value) => {
    if (typeof value?.type === 'string') kinds.push(value.type);
    return typeof value === 'bigint' ? String(value) : value;
  });
  console.log(kinds.join(' '));
}
console.log(
  esprima
    .tokenize('a => `b${c}`', { range: true })
    .map((token) => `${token.type}@${token.range}`)
    .join(' '),
);
console.log(
  JSON.stringify(
    meriyah.parseModule('export * as "x y" from "m" with { type: "json" }').body[0].exported,
  ),
);
for (const parse of [() => esprima.parseModule('var if'), () => meriyah.parseModule('var if')]) {
  try {
    parse();
  } catch (error) {
    console.log(error instanceof Error, error.message);
  }
}
