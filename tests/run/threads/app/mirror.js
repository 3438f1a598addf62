process.on('message', (message) => {
  if (typeof message !== 'object') return void process.send(message);
  const described = Object.entries(message).map(
    ([key, value]) => `${key}: ${Object.prototype.toString.call(value)} ${value?.constructor?.name}`,
  );
  process.send({ described, back: message });
});
