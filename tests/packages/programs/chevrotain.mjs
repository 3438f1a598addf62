import { CstParser, Lexer, createToken } from 'chevrotain';

const Space = createToken({ name: 'Space', pattern: /\s+/, group: Lexer.SKIPPED });
const Number_ = createToken({ name: 'Number', pattern: /\d+/ });
const Plus = createToken({ name: 'Plus', pattern: /\+/ });
const tokens = [Space, Number_, Plus];
const lexer = new Lexer(tokens);

class Sums extends CstParser {
  constructor() {
    super(tokens, { recoveryEnabled: true });
    this.RULE('sum', () => {
      this.CONSUME(Number_);
      this.MANY(() => {
        this.CONSUME(Plus);
        this.CONSUME2(Number_);
      });
    });
    this.performSelfAnalysis();
  }
}
const parser = new Sums();
class Adder extends parser.getBaseCstVisitorConstructor() {
  constructor() {
    super();
    this.validateVisitor();
  }
  sum(context) {
    return context.Number.reduce((total, token) => total + Number(token.image), 0);
  }
}
const read = (text) => {
  parser.input = lexer.tokenize(text).tokens;
  return parser.sum();
};
console.log(new Adder().visit(read('1 + 20 + 300')));
read('1 + +');
console.log(parser.errors.map((error) => `${error.name}: ${error.message}`));
console.log(lexer.tokenize('1 ? 2').errors[0].message);
