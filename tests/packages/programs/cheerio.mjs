import * as cheerio from 'cheerio';

const $ = cheerio.load(
  '<ul id="fruits"><li class="apple">Apple</li><li class="pear" data-n="2">Pear</li></ul>',
);
$('.apple').addClass('red').after('<li>Fig &amp; date</li>');
$('li').each((i, element) => {
  $(element).attr('i', String(i));
});
console.log($('#fruits').html());
console.log(
  $('li:nth-child(3)').data('n'),
  $('ul > .red ~ li').length,
  $('li')
    .map((_, e) => $(e).text())
    .get()
    .join(),
);
console.log($.extract({ names: ['li'], first: { selector: 'li', value: 'class' } }));
const $xml = cheerio.load('<a><b/>t</a>', { xml: true });
$xml('b').replaceWith('<c x="1"/>');
console.log($xml.xml());
