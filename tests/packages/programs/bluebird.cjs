const Promise = require('bluebird');

const delay = (value) => Promise.delay(1).return(value);
Promise.map([3, 1, 2], (n) => delay(n * 2), { concurrency: 2 })
  .tap((list) => console.log('map', list))
  .filter((n) => n > 2)
  .reduce((sum, n) => sum + n, 0)
  .then((sum) => console.log('sum', sum))
  .then(() => Promise.props({ a: delay(1), b: 2 }))
  .then((props) => console.log(props))
  .then(() =>
    Promise.coroutine(function* () {
      return (yield delay(20)) + (yield Promise.any([Promise.reject(new Error('x')), delay(22)]));
    })(),
  )
  .then((answer) => console.log(answer))
  .then(() => {
    throw new RangeError('out');
  })
  .catch(TypeError, () => console.log('not this'))
  .catch({ message: 'out' }, (error) => console.log(error.name))
  .finally(() => console.log('finally'))
  .then(() => delay(1).timeout(1000))
  .then(() => Promise.promisify((a, callback) => callback(null, a + 1))(41))
  .then(console.log)
  .then(() =>
    Promise.using(
      Promise.resolve('file').disposer((f) => console.log('close', f)),
      (f) => console.log('use', f),
    ),
  )
  .then(() => new Promise(() => {}).timeout(5, 'too slow'))
  .catch(Promise.TimeoutError, (error) => console.log(error.message));
