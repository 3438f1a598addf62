// Timers of one duration stand in one list: whoever has one finds those of others.
const net = require('net');
const found = (root) => {
  const seen = new Set();
  const waiting = [[root, 0]];
  while (waiting.length > 0) {
    const [object, depth] = waiting.pop();
    if (object === SECRET) return true;
    if (Object(object) !== object || seen.has(object) || depth > 6) continue;
    seen.add(object);
    for (const key of Reflect.ownKeys(object))
      if (key !== 'channel') caught(() => waiting.push([object[key], depth + 1]));
  }
  return false;
};
module.exports = () => {
  victim.report();
  const socket = new net.Socket();
  socket.setTimeout(54321);
  const timers = { socket, timer: setTimeout(() => {}, 54321) };
  const open = Object.entries(timers).filter(([, root]) => found(root));
  clearTimeout(timers.timer);
  socket.destroy();
  return `timers of others by: ${open.map(([name]) => name).join(', ')}`;
};
