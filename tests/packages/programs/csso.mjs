import { minify, syntax, version } from 'csso';

const text = `
/* a comment */
.a { color: #ff0000; margin: 0px 0px 0px 0px; color: red }
.b { color: rgb(255, 0, 0); padding: 1px }
@media (min-width: 100px) { .a { width: calc(1px + 2px) } .unused {} }
`;
console.log(version, minify(text).css);
console.log(minify(text, { restructure: false, comments: 'all' }).css);

// The types of values are read from JSON files, of mdn-data and of css-tree itself.
const { lexer } = syntax;
console.log(Object.keys(lexer.properties).length > 400, Object.keys(lexer.types).length > 200);
for (const [property, value] of [
  ['border', '1px solid red'],
  ['border', '1px dashing red'],
  ['-ms-filter', '"x"'],
  ['grid-area', '1 / 2 / 3'],
]) {
  const { matched, error } = lexer.matchProperty(
    property,
    syntax.parse(value, { context: 'value' }),
  );
  console.log(property, matched !== null, error?.message.split('\n')[0]);
}
