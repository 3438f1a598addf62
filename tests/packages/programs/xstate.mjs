import { assign, createActor, createMachine, fromPromise, setup, waitFor } from 'xstate';

const light = createMachine({
  initial: 'green',
  states: { green: { on: { NEXT: 'red' } }, red: { on: { NEXT: 'green' } } },
});
const actor = createActor(light);
actor.subscribe((snapshot) => console.log('light', snapshot.value));
actor.start();
actor.send({ type: 'NEXT' });
actor.send({ type: 'NEXT' });

const order = setup({ actors: { charge: fromPromise(async ({ input }) => input.amount * 2) } });
const machine = order.createMachine({
  context: { total: 0, tries: 0 },
  initial: 'paying',
  states: {
    paying: {
      entry: assign({ tries: ({ context }) => context.tries + 1 }),
      invoke: {
        src: 'charge',
        input: { amount: 21 },
        onDone: { target: 'paid', actions: assign({ total: ({ event }) => event.output }) },
      },
    },
    paid: { type: 'final' },
  },
});
const payment = createActor(machine).start();
const end = await waitFor(payment, (snapshot) => snapshot.matches('paid'));
console.log(end.status, JSON.stringify(end.context));
