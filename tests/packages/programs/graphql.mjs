import {
  GraphQLError,
  buildSchema,
  graphql,
  parse,
  print,
  printSchema,
  validate,
  visit,
} from 'graphql';

const schema = buildSchema(`
  "A book" type Book { title: String!, pages: Int, author: Author! }
  type Author { name: String!, books(first: Int = 10): [Book!]! }
  enum Order { ASC DESC }
  type Query { books(order: Order, min: Int): [Book!]!, broken: Int }
`);
const author = { name: 'Jane', books: ({ first }) => books.slice(0, first) };
const books = [
  { title: 'Emma', pages: 400, author },
  { title: 'Persuasion', pages: 250, author },
];
const rootValue = {
  books: ({ order, min = 0 }) =>
    [...books]
      .filter((book) => book.pages > min)
      .sort((a, b) => (order === 'ASC' ? 1 : -1) * (a.pages - b.pages)),
  broken: () => {
    throw new GraphQLError('out of paper', { extensions: { code: 'PAPER' } });
  },
};
const source =
  'query($min: Int) { books(order: ASC, min: $min) { ...B author { books(first: 1) { title } } } broken } fragment B on Book { title pages }';
console.log(
  JSON.stringify(await graphql({ schema, source, rootValue, variableValues: { min: 10 } })),
);
console.log(
  print(
    visit(parse('{ a(b: [1, {c: "d"}]) @skip(if: true) { e } }'), {
      Field: (node) =>
        node.name.value === 'e' ? { ...node, name: { ...node.name, value: 'z' } } : undefined,
    }),
  ),
);
console.log(
  validate(schema, parse('{ books { isbn } }')).map(
    (error) => `${error.message} ${error.locations[0].column}`,
  ),
);
console.log(printSchema(schema).split('\n').length);
