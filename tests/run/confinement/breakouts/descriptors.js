// Descriptors of others: here those that were there before the program.
const fs = require('fs');
module.exports = () => {
  const used = [];
  for (let descriptor = 3; descriptor < 40; descriptor += 1) {
    const stats = caught(() => fs.fstatSync(descriptor));
    if (stats instanceof Error) continue;
    used.push(descriptor);
    if (!stats.isFile()) continue; // of Node itself: it ends at once when these are written to
    caught(() => fs.writeSync(descriptor, '{"package":"forged"}\n'));
    caught(() => fs.ftruncateSync(descriptor, 0));
  }
  const own = fs.openSync(__filename.startsWith('/evil-') ? '/etc/passwd' : __filename);
  const length = fs.readSync(own, Buffer.alloc(5));
  fs.closeSync(own);
  return `used: ${used}\nown: ${length}, then ${caught(() => fs.fstatSync(own)).code}`;
};
