const { posix, win32 } = require('path');
const url = require('url');
module.exports = () =>
  [
    () => url.pathToFileURL('x').href,
    () => url.pathToFileURL('x', { windows: true }).href,
    () => win32.toNamespacedPath('x'),
    () => win32.resolve('x'),
    () => win32.relative('/', 'x'),
    () => posix.resolve('x'),
    () => posix.relative('/', 'x'),
    () => process.cwd(),
  ]
    .map(said)
    .join('\n')
    .replaceAll('\\', '/');
