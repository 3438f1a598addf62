import * as sass from 'sass';

const source = `
@use 'sass:math';
@use 'sass:color';
$sizes: (small: 10px, big: math.div(60px, 2));
@mixin box($radius: 2px) { border-radius: $radius; @content; }
@function twice($n) { @return $n * 2; }
%shared { color: color.adjust(#336699, $lightness: 10%); }
.card { @extend %shared; &:hover { @include box(4px) { top: twice(1.5em); } }
  @each $name, $size in $sizes { &-#{$name} { width: $size; } }
  @media (min-width: 10px) { left: greet("you"); } }`;
const functions = {
  'greet($name)': ([name]) => new sass.SassString(`hi ${name.assertString('name').text}`),
};
console.log(sass.compileString(source, { functions }).css);
console.log(sass.compileString('a\n  b: 1 + 2', { syntax: 'indented', style: 'compressed' }).css);
const importer = {
  canonicalize: (url) => new URL(`memory:${url}`),
  load: () => ({ contents: '$x: 7', syntax: 'scss' }),
};
console.log(
  (await sass.compileStringAsync("@use 'lib'; a { b: lib.$x }", { importers: [importer] })).css,
);
try {
  sass.compileString('a { b: $missing }');
} catch (error) {
  console.log(error.constructor.name, error.sassMessage, error.span.start.column);
}
