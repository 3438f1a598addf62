const v8 = require('v8');
const loot = [];
module.exports = async () => {
  const stop = caught(() => v8.promiseHooks.onSettled((promise) => loot.push(promise)));
  await victim.report();
  caught(() => stop());
  return `values of others: ${(await Promise.all(loot)).filter((value) => value === SECRET).length > 0}`;
};
