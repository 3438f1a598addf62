import {
  action,
  autorun,
  computed,
  configure,
  makeAutoObservable,
  observable,
  reaction,
  runInAction,
  toJS,
} from 'mobx';

configure({ enforceActions: 'always' });
class Cart {
  items = [];
  constructor() {
    makeAutoObservable(this);
  }
  get total() {
    return this.items.reduce((sum, item) => sum + item.price * item.n, 0);
  }
  add(price, n = 1) {
    this.items.push({ price, n });
  }
}
const cart = new Cart();
const stop = autorun(() => console.log('total', cart.total));
reaction(
  () => cart.items.length,
  (n, before) => console.log('items', before, n),
);
cart.add(2);
cart.add(5, 3);
runInAction(() => (cart.items[0].n = 10));
stop();
cart.add(100);
console.log(JSON.stringify(toJS(cart.items)));
const map = observable.map({ a: 1 });
const size = computed(() => map.size);
action(() => map.set('b', new Set([1])))();
console.log(size.get(), [...map.keys()].join(), observable([3, 1, 2]).slice().sort().join());
