const stylus = require('stylus');

const source = `
size = 10px
radius(n)
  border-radius n
  -moz-border-radius n
.card
  width size * 2
  radius 4px
  color darken(#fff, 20%)
  &:hover
    width size + 5px
  for i in 1..2
    .n-{i}
      left (i * 1em)
  if size > 5px
    top greet('you')
`;
stylus(source, { filename: 'a.styl' })
  .define('greet', (name) => new stylus.nodes.Literal(`hi-${name.val}`))
  .render((error, css) => console.log(error, css));
console.log(stylus.render('a\n  b 1 + 1', { compress: true }));
try {
  stylus.render('a\n  b missing(', { filename: 'b.styl' });
} catch (error) {
  console.log(error.name, error.message.split('\n')[0]);
}
