process.on('message', (message) => {
  if (message === 'throw') throw new TypeError('in the child');
});
