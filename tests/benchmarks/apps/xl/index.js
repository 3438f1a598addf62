// Lint, format, compile, minify one small program; a style sheet and a template besides.
const babel = require('@babel/core');
const presetEnv = require('@babel/preset-env');
const { Linter } = require('eslint');
const react = require('eslint-plugin-react');
const handlebars = require('handlebars');
const postcss = require('postcss');
const babelPlugin = require('prettier/plugins/babel');
const estreePlugin = require('prettier/plugins/estree');
const prettier = require('prettier/standalone');
const { minify } = require('terser');

const SOURCE = `
class Counter { #count = 0; get count() { return this.#count } add(...steps) { for (const s of steps) this.#count += s ** 1 } }
let unused  = 1; const c = new Counter(); c.add(...[1, 2, 3].map(x => x * 2))
report(\`\${c.count} steps\`)
`;

const lint = () => {
  const rules = { 'no-undef': 'error', 'no-unused-vars': 'error', 'prefer-const': 'warn' };
  return new Linter().verify(SOURCE, [{ rules }]).length;
};

const format = () =>
  prettier.format(SOURCE, {
    parser: 'babel',
    plugins: [babelPlugin, estreePlugin.default ?? estreePlugin],
  });

const compile = () =>
  babel.transformSync(SOURCE, {
    configFile: false,
    babelrc: false,
    filename: '/program.js',
    presets: [[presetEnv, { targets: 'ie 11' }]],
  }).code;

const main = async () => {
  const formatted = await format();
  const compiled = compile();
  const { code: small } = await minify(compiled);
  console.log(
    'XL',
    lint(),
    formatted.length,
    compiled.length,
    small.length,
    postcss.parse('main { color: teal; margin: 0 }').first.nodes.length,
    handlebars.precompile('{{#each items}}{{name}}, {{/each}}').includes('items'),
    Object.keys(react.rules).length,
  );
};

main();
