const { expose } = require('threads/worker');

expose({ twice: (number) => 2 * number });
