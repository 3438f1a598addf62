const workerpool = require('workerpool');

const fibonacci = (n) => (n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2));
workerpool.worker({ fibonacci, upper: (text) => text.toUpperCase() });
