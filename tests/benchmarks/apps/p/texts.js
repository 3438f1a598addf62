// The inputs, made by a linear congruential generator: the same in every process.
let state = 20260101;

/** A number from 0 up to, not including, limit. */
const below = (limit) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 4294967296) * limit);
};

const WORDS =
  'authority bundle compartment deny endow freeze grant harden import join kernel link module name object package query realm scope trust'.split(
    ' ',
  );
const word = () => WORDS[below(WORDS.length)];
const times = (count, make) => Array.from({ length: count }, (_, index) => make(index));

const phrase = () => {
  switch (below(8)) {
    case 0:
      return `**${word()}**`;
    case 1:
      return `[${word()}](https://example.org/${below(100)})`;
    case 2:
      return `\`${word()}\``;
    default:
      return word();
  }
};
const sentence = () => `${times(6 + below(10), phrase).join(' ')}.`;

const section = () => `
## ${word()} ${word()}

${sentence()} ${sentence()}

- ${sentence()}
- ${sentence()}

\`\`\`js
const ${word()}_ = ${below(1000)};
\`\`\`

> ${sentence()}

| key | value |
|-----|-------|
| ${below(10)} | ${word()} |
`;

const declaration = (index) => `
function make${index}(input, limit = ${below(10)}, ...others) {
  const { left, right: [first] } = input;
  for (let i = 0; i < others.length; i++) {
    if ((others[i] === limit && left) || first) return \`${word()} \${i} \${limit}\`;
    switch (limit) {
      case ${below(9)}:
        limit += 2;
        break;
      default:
        throw new TypeError('${word()}' + /[${word()}]+\\/$/u.test(left));
    }
  }
  return class extends Object {
    static #count = ${below(99)};
    async *each() {
      yield* (await this.items?.[left]) ?? (() => ({ ...input, first }));
    }
  };
}
`;

const record = (index) => ({
  id: index,
  name: word(),
  tags: [word(), word()],
  owner: { age: below(100), mail: below(2) ? `${word()}@example.org` : undefined },
});

exports.markdown = (sections) => times(sections, section).join('');
exports.javascript = (functions) => times(functions, declaration).join('');
exports.records = (count) => times(count, record);
