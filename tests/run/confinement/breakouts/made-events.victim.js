module.exports = () => {
  const target = Object.assign(new EventTarget(), { secret: SECRET });
  target.addEventListener('x', (event) => event.target);
  target.dispatchEvent(new Event('x'));
};
