const nearley = require('nearley');
const compile = require('nearley/lib/compile');
const generate = require('nearley/lib/generate');
const bootstrap = require('nearley/lib/nearley-language-bootstrapped');

const meta = new nearley.Parser(nearley.Grammar.fromCompiled(bootstrap));
meta.feed(`
  sum -> sum "+" product {% ([a, , b]) => a + b %} | product {% id %}
  product -> product "*" number {% ([a, , b]) => a * b %} | number {% id %}
  number -> [0-9]:+ {% ([digits]) => Number(digits.join('')) %}
`);
const script = generate(compile(meta.results[0], {}), 'grammar');
const module_ = { exports: {} };
new Function('module', script)(module_);

const parse = (text) => {
  const parser = new nearley.Parser(nearley.Grammar.fromCompiled(module_.exports));
  parser.feed(text);
  return parser.results;
};
console.log(parse('2+3*4+10'));
try {
  parse('2+*');
} catch (error) {
  console.log(error.offset, error.message.split('\n')[0]);
}
