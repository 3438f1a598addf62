// Nothing but computing, for a second or two: what confinement costs the code that runs in it.
const acorn = require('acorn');
const walk = require('acorn-walk');
const MarkdownIt = require('markdown-it');
const { marked } = require('marked');
const zod = require('zod');
const { javascript, markdown, records } = require('./texts.js');

const z = zod.z ?? zod; // Endo has no property for the namespace that zod exports
const ROUNDS = 20;

const text = markdown(200);
const program = javascript(400);
const people = records(2000);

const withMarked = () => marked.parse(text).length;

const renderer = new MarkdownIt();
const withMarkdownIt = () => renderer.render(text).length;

const countNodes = () => {
  let nodes = 0;
  walk.full(acorn.parse(program, { ecmaVersion: 2022 }), () => {
    nodes += 1;
  });
  return nodes;
};

const People = z.array(
  z.object({
    id: z.number().int(),
    name: z.string().min(1),
    tags: z.array(z.string()),
    owner: z.object({ age: z.number(), mail: z.string().email().optional() }),
  }),
);
const validate = () => People.parse(people).length;

const repeat = (count, work) => {
  let sum = 0;
  for (let round = 0; round < count; round += 1) sum += work();
  return sum;
};

console.log(
  'P',
  repeat(ROUNDS, withMarked),
  repeat(ROUNDS, withMarkdownIt),
  repeat(ROUNDS, countNodes),
  repeat(3 * ROUNDS, validate),
);
