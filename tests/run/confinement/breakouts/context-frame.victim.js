const { AsyncLocalStorage } = require('async_hooks');
const storage = new AsyncLocalStorage();
exports.withStore = (work) => storage.run({ secret: SECRET }, work);
