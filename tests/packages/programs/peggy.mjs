import peggy from 'peggy';

const grammar = `
  { const values = options.values ?? {}; }
  Sum = head:Product tail:(_ @("+" / "-") _ @Product)* {
    return tail.reduce((left, [operator, right]) => operator === "+" ? left + right : left - right, head);
  }
  Product = head:Value tail:(_ "*" _ @Value)* { return tail.reduce((left, right) => left * right, head); }
  Value = Number / Name / "(" _ @Sum _ ")"
  Number "number" = digits:$[0-9]+ { return Number(digits); }
  Name "name" = name:$[a-z]+ { return values[name]; }
  _ = [ \\t]*
`;
const parser = peggy.generate(grammar);
console.log(parser.parse('1 + 2 * (3 - x)', { values: { x: 7 } }));
try {
  parser.parse('1 + *');
} catch (error) {
  console.log(error.name, error.message, error.location.start.column);
}
const source = peggy.generate('start = "a"i+', { output: 'source', format: 'es' });
console.log(/export\s*\{/.test(source), source.includes('peg$parse'));
