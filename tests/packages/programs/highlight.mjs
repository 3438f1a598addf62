import hljs from 'highlight.js';
import Prism from 'prismjs';
import 'prismjs/components/prism-python.js';

const { value, language, relevance } = hljs.highlight('const x = `a${1 + /* two */ 2}`; // <end>', {
  language: 'js',
});
console.log(value);
console.log(language, relevance, hljs.listLanguages().length > 150);
console.log(
  hljs.highlightAuto('def f(x):\n    return "%s" % x', ['python', 'css', 'sql']).language,
);
console.log(hljs.highlight('SELECT a FROM b WHERE c = 1', { language: 'sql' }).value);
hljs.registerLanguage('tiny', () => ({ keywords: 'yes no', contains: [hljs.NUMBER_MODE] }));
console.log(hljs.highlight('yes 12 maybe', { language: 'tiny' }).value);

console.log(Prism.highlight('a { color: #fff; } /* <c> */', Prism.languages.css, 'css'));
console.log(
  Prism.highlight(
    '@wraps(f)\ndef g(x: int = 1): return f"{x!r}"',
    Prism.languages.python,
    'python',
  ),
);
console.log(Prism.highlight('<a href="x">&amp;</a>', Prism.languages.markup, 'markup'));
