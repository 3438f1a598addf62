import { parse, stringify, TomlDate, TomlError } from 'smol-toml';

const document = parse(`
title = "An example"
[owner]
born = 1979-05-27T07:32:00Z
tags = ["a", 'b\\c']
[[servers]]
ip = "10.0.0.1"
ports = { http = 8_0, hex = 0xff, ratio = 1e-3, inf = -inf }
[[servers]]
ip = """
multi \\
   line"""
`);
console.log(JSON.stringify(document));
console.log(document.owner.born instanceof TomlDate, document.owner.born instanceof Date);
console.log(document.owner.born.toISOString(), document.servers[0].ports.inf);
console.log(
  stringify({ a: { b: [1, 2.5, 'x'], c: new TomlDate('1999-12-31') }, d: [{ e: true }] }),
);
try {
  parse('a = 1\na = 2');
} catch (error) {
  console.log(error instanceof TomlError, error.line, error.column);
  console.log(error.message);
}
