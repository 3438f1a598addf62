import { Liquid } from 'liquidjs';
import { Eta } from 'eta';

const liquid = new Liquid({
  templates: { row: '<td>{{ cell | upcase }}</td>', page: '<{% block body %}none{% endblock %}>' },
});
liquid.registerFilter('double', (value) => value * 2);
liquid.registerTag('shout', {
  parse(token) {
    this.text = token.args;
  },
  *render(context) {
    return `${yield this.liquid._parseAndRender?.(this.text, context) ?? this.text}!`;
  },
});
const template = `{% assign names = "ada,bob,eve" | split: "," %}
{%- for name in names reversed -%}
  {{ forloop.index }}:{{ name | capitalize | append: "." }}{% unless forloop.last %}, {% endunless %}
{%- endfor %}
{% case n %}{% when 1, 2 %}few{% else %}many{% endcase %} {{ n | double | plus: 0.5 }}
{% render 'row', cell: names[1] %}{% if names contains "eve" and n > 2 %}yes{% endif %}
{{ "2020-02-29" | date: "%d.%m.%y %j" }} {{ items | where: "ok" | map: "id" | join: "+" }}`;
console.log(
  await liquid.parseAndRender(template, {
    n: 3,
    items: [{ id: 1, ok: true }, { id: 2 }, { id: 3, ok: true }],
  }),
);
console.log(
  liquid.parseAndRenderSync("{% layout 'page' %}{% block body %}{{ 'x' | escape }}{% endblock %}"),
);
await liquid.parseAndRender('{% if %}').catch((error) => console.log(error.name, error.message));

const eta = new Eta({ autoTrim: false });
eta.loadTemplate('@item', '<li><%= it.x %></li>');
console.log(
  eta.renderString(
    '<ul><% for (const x of it.list) { %><%~ include("@item", { x }) %><% } %></ul>',
    { list: ['1', '<2>'] },
  ),
);
