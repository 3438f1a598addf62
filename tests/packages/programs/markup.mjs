import sanitizeHtml from 'sanitize-html';
import TurndownService from 'turndown';
import { unified } from 'unified';
import remarkParse from 'remark-parse';
import remarkHtml from 'remark-html';

console.log(
  sanitizeHtml(
    '<p onclick="x()">a <script>evil()</script><b style="color: red; position: fixed">b</b> <a href="javascript:1">c</a><img src=x>',
    {
      allowedTags: ['p', 'b', 'a'],
      allowedAttributes: { b: ['style'], a: ['href'] },
      allowedStyles: { '*': { color: [/^\w+$/] } },
      transformTags: { b: 'b' },
    },
  ),
);
console.log(sanitizeHtml('<div>Tom & Jerry <i>x</div>'));

const upper = () => (tree) => {
  const visit = (node) => {
    if (node.type === 'text') node.value = node.value.toUpperCase();
    node.children?.forEach(visit);
  };
  visit(tree);
};
const file = await unified()
  .use(remarkParse)
  .use(upper)
  .use(remarkHtml)
  .process(
    '# Title\n\n* one\n* _two_ [x](y "z")\n\n> `code` &copy; <b>raw</b>\n\n1. a\n\n       deep',
  );
console.log(String(file));

const turndown = new TurndownService({ headingStyle: 'atx', bulletListMarker: '-' });
turndown.addRule('mark', { filter: 'mark', replacement: (content) => `==${content}==` });
console.log(
  turndown.turndown(
    '<h2>Hi <em>you</em></h2><ul><li>a<li><mark>b</mark></ul><pre><code>x * y</code></pre><a href="/z">z*</a>',
  ),
);
