// A real application: preact renders what lodash-es and date-fns compute.
import { format, parseISO } from 'date-fns';
import { groupBy, sortBy } from 'lodash-es';
import { h, render } from 'preact';
import { useState } from 'preact/hooks';

const TASKS = [
  { title: 'Lock the realm down', day: '2024-03-04', done: true },
  { title: 'Give each package a compartment', day: '2024-03-05', done: true },
  { title: 'Grant what is needed', day: '2024-03-05', done: false },
  { title: 'Look at what was withheld', day: '2024-03-06', done: false },
];

const Task = ({ task, toggle }) =>
  h('li', { class: task.done ? 'done' : 'open', onClick: () => toggle(task) }, task.title);

const Days = () => {
  const [tasks, setTasks] = useState(TASKS);
  const toggle = (task) =>
    setTasks(tasks.map((other) => (other === task ? { ...task, done: !task.done } : other)));
  const days = groupBy(sortBy(tasks, 'day'), 'day');
  return Object.entries(days).map(([day, own]) =>
    h('section', { key: day }, [
      h('h2', null, format(parseISO(day), 'EEEE, d MMMM yyyy')),
      h('ul', null, own.map((task) => h(Task, { task, toggle, key: task.title }))),
    ]),
  );
};

render(h(Days), document.getElementById('app'));
