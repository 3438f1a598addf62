import { Parser, parseDocument, DomUtils } from 'htmlparser2';
import { parse, parseFragment, serialize } from 'parse5';

const html =
  '<ul class=list><li>One &amp; <b>two<li data-n=3>Three</ul><script>if (a < b) {}</script>';
const seen = [];
const parser = new Parser({
  onopentag: (name, attributes) => seen.push(`<${name} ${JSON.stringify(attributes)}`),
  ontext: (text) => seen.push(text),
  onclosetag: (name) => seen.push(`${name}>`),
});
for (const piece of html.match(/.{1,7}/g)) parser.write(piece);
parser.end();
console.log(seen.join(' '));

const document = parseDocument(html);
const items = DomUtils.getElementsByTagName('li', document);
console.log(items.map((item) => DomUtils.textContent(item)));
console.log(DomUtils.getOuterHTML(items[0]));

console.log(serialize(parse('<title>x</title><p>a<p>b<table><td>cell</table>')));
console.log(serialize(parseFragment('<p>1<div>2</p>&notin; &copy')));
