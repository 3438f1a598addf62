import { Component, createContext, h, Fragment } from 'preact';
import { useContext, useMemo, useReducer, useState } from 'preact/hooks';
import { render, renderToStaticMarkup } from 'preact-render-to-string';
import { memo } from 'preact/compat';

const Theme = createContext('light');
const Badge = memo(({ text }) =>
  h('b', { class: useContext(Theme), style: { color: 'red', top: 2 } }, text),
);
class List extends Component {
  state = { extra: 'more' };
  render({ items }, { extra }) {
    return h(
      Fragment,
      null,
      items.map((item) => h('li', { key: item }, h(Badge, { text: item }))),
      extra,
    );
  }
}
const App = () => {
  const [n] = useState(() => 20);
  const [sum, add] = useReducer((total, by) => total + by, 0);
  if (sum < 2) add(1);
  const twice = useMemo(() => n * 2, [n]);
  return h(
    'main',
    { onClick: () => {}, hidden: true, 'data-n': twice },
    `sum ${sum} < 3`,
    h(Theme.Provider, { value: 'dark' }, h(List, { items: ['a', '&'] })),
    h('input', { value: '"', disabled: false }),
  );
};
console.log(render(h(App)));
console.log(renderToStaticMarkup(h('p', { dangerouslySetInnerHTML: { __html: '<i>raw</i>' } })));
console.log(
  render(h('svg', { viewBox: '0 0 1 1' }, h('path', { d: 'M0', strokeWidth: 2 })), null, {
    pretty: true,
  }),
);
