const { DatabaseSync } = require('node:sqlite');
module.exports = () => {
  const open = (options) => new DatabaseSync(':memory:', options);
  let asked = 0;
  const twice = {
    get allowExtension() {
      return (asked += 1) > 1;
    },
  };
  const late = () => {
    const database = open();
    database.enableLoadExtension(true);
    return database;
  };
  const ways = [() => open({ allowExtension: true }), () => open(twice), late];
  return ways.map((way) => said(() => way().loadExtension('/no-such'))).join('\n');
};
