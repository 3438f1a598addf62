// node bare-lockdown.mjs FILE: for each line of the standard input, prints the milliseconds that the text of FILE takes
// in a Compartment after a bare lockdown(), or for the line "plain", as a script that nothing confines.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Script } from 'node:vm';
import 'ses';

const text = readFileSync(process.argv[2], 'utf8');
lockdown();

// V8 keeps what it has compiled of a text that it meets again; a sandbox meets each for the first time.
let texts = 0;
const fresh = () => `${text}// ${(texts += 1)}`;

const ways = {
  plain: () => new Script(fresh()).runInThisContext(),
  locked: () => new Compartment().evaluate(fresh()),
};

createInterface({ input: process.stdin }).on('line', (line) => {
  const before = performance.now();
  ways[line]();
  console.log(performance.now() - before);
});
