// Every signal makes an event, and every target can.
const eventOf = () => {
  const controller = new AbortController();
  let made;
  controller.signal.addEventListener('abort', (event) => (made = event));
  controller.abort();
  return made;
};
module.exports = () => {
  const prototype = Object.getPrototypeOf(eventOf());
  const heard = [];
  const { get } = Object.getOwnPropertyDescriptor(prototype, 'target');
  caught(() =>
    Object.defineProperty(prototype, 'target', {
      get() {
        heard.push(get.call(this).secret);
        return get.call(this);
      },
    }),
  );
  victim();
  return `heard: ${heard}`;
};
