const CoffeeScript = require('coffeescript');
const { transform } = require('sucrase');

const coffee = `
square = (x) -> x * x
class Animal
  constructor: (@name) ->
  says: (what = 'nothing') => "#{@name} says #{what}"
list = (square n for n in [1..5] when n % 2)
{ a, rest... } = a: 1, b: 2
return [list, new Animal('Cat').says('mew'), a, rest?.b, a ** 3, 'x' in ['x']]
`;
const script = CoffeeScript.compile(coffee, { bare: true });
console.log(script.split('\n').length > 10, JSON.stringify(new Function(script)()));
console.log(
  CoffeeScript.tokens('a = -> b')
    .map(([kind]) => kind)
    .join(' '),
);
try {
  CoffeeScript.compile('a = (');
} catch (error) {
  console.log(error.name, error.message, error.location.first_line);
}
const typed =
  'enum E { A = 1, B }\nabstract class C<T> { constructor(private x: T) {} get v(): T { return this.x!; } }\nexport const v = new C<number>(E.B).v as number;\nconst el = <p a={v}>hi</p>;';
console.log(
  transform(typed, { transforms: ['typescript', 'jsx', 'imports'], production: true }).code,
);
