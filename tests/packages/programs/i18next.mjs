import i18next from 'i18next';
import EventEmitter from 'eventemitter3';
import PQueue from 'p-queue';

const i18n = i18next.createInstance();
await i18n.init({
  lng: 'pl',
  fallbackLng: 'en',
  resources: {
    en: { translation: { only: 'only English', deep: { hi: 'Hi {{name}}, $t(only)' } } },
    pl: {
      translation: {
        file_one: '{{count}} plik',
        file_few: '{{count}} pliki',
        file_many: '{{count}} plików',
        money: '{{n, currency(EUR)}}',
      },
    },
  },
  interpolation: { escapeValue: true },
});
console.log([1, 3, 5, 22].map((count) => i18n.t('file', { count })).join(', '));
console.log(
  i18n.t('deep.hi', { name: '<Ada>' }),
  i18n.t('missing.key', 'a default'),
  i18n.exists('only'),
);
await i18n.changeLanguage('en');
console.log(i18n.language, i18n.dir('ar'), i18n.t('money', { lng: 'pl', n: 3 }));

const emitter = new EventEmitter();
emitter.on(
  'x',
  function (n) {
    console.log('x', n, this.tag);
  },
  { tag: 'context' },
);
emitter.once('x', () => console.log('once'));
console.log(
  emitter.emit('x', 1),
  emitter.emit('x', 2),
  emitter.emit('y'),
  emitter.listenerCount('x'),
);

const queue = new PQueue({ concurrency: 2 });
let running = 0;
const task = (id) => async () => {
  running += 1;
  await null;
  console.log('task', id, running);
  running -= 1;
  return id;
};
console.log(
  await Promise.all([
    queue.add(task('a')),
    queue.add(task('b'), { priority: 1 }),
    queue.add(task('c')),
    queue.add(task('d'), { priority: 2 }),
  ]),
);
await queue.onIdle();
