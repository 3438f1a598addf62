import { applyMiddleware, combineReducers, createStore } from 'redux';
import { applyPatches, enableMapSet, enablePatches, produce, produceWithPatches } from 'immer';

const counter = (state = 0, action) => (action.type === 'add' ? state + action.by : state);
const todos = (state = [], action) =>
  produce(state, (draft) => {
    if (action.type === 'todo') draft.push({ text: action.text, done: false });
    if (action.type === 'done') draft[action.at].done = true;
  });
const log = (store) => (next) => (action) => {
  const result = next(action);
  console.log(action.type, JSON.stringify(store.getState()));
  return result;
};
const store = createStore(combineReducers({ counter, todos }), applyMiddleware(log));
store.dispatch({ type: 'add', by: 3 });
store.dispatch({ type: 'todo', text: 'write' });
const before = store.getState().todos;
store.dispatch({ type: 'done', at: 0 });
console.log(before[0].done, store.getState().todos[0].done, Object.isFrozen(before));

enablePatches();
enableMapSet();
const [next, patches, inverse] = produceWithPatches({ a: new Map([['k', 1]]) }, (draft) => {
  draft.a.set('k', 2);
});
console.log(next.a.get('k'), JSON.stringify(patches), applyPatches(next, inverse).a.get('k'));
