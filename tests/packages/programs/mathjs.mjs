import { create, all } from 'mathjs';
import Decimal from 'decimal.js';

const math = create(all, { number: 'number', predictable: true, randomSeed: 'a' });
console.log(
  math.evaluate('sqrt(3^2 + 4^2) + 1/3').toFixed(6),
  math.evaluate('12.7 cm to inch').toString(),
);
console.log(
  math.derivative('x^3 + sin(2 x)', 'x').toString(),
  math.simplify('2 x + 3 x').toString(),
);
console.log(
  math
    .inv([
      [1, 2],
      [3, 4],
    ])
    .join(' '),
  math.det([
    [1, 2],
    [3, 4],
  ]),
);
console.log(
  math.format(
    math.eigs([
      [2, 0],
      [0, 3],
    ]).values,
  ),
  math.complex('2+3i').mul(math.i).toString(),
);
console.log(math.parse('f(a, b) = a ^ b').toTex(), math.evaluate(['f(x) = x!', 'f(5)'])[1]);
console.log(
  math.fraction('0.125').add(1).toFraction(),
  math.bignumber('0.1').plus('0.2').toString(),
);
console.log(
  math.evaluate('sum(concat([1, 2], 3:5))'),
  math.typed('t', { number: (n) => n + 1, string: (s) => `${s}!` })('a'),
);
try {
  math.evaluate('1 +* 2');
} catch (error) {
  console.log(error.name, error.message);
}
Decimal.set({ precision: 40 });
console.log(
  Decimal.acos(-1).toString(),
  new Decimal(2).sqrt().toFraction(1000).join('/'),
  Decimal.exp(1).toHex().slice(0, 20),
);
