// A tokenizer of SQLite's full-text search is an address of machine code, and a parameter of a statement names it.
const { DatabaseSync } = require('node:sqlite');
module.exports = () => {
  const take = (database) =>
    database.prepare("SELECT fts3_tokenizer('mine', ?)").get(new Uint8Array(8).fill(1)) && 'taken';
  const late = () => {
    const database = new DatabaseSync(':memory:', { open: false });
    database.open();
    return database;
  };
  const again = () => {
    const database = new DatabaseSync(':memory:');
    database.close();
    database.open();
    return database;
  };
  class Other extends DatabaseSync {}
  const search = new DatabaseSync(':memory:');
  search.exec(
    "CREATE VIRTUAL TABLE t USING fts3(a, tokenize=porter); INSERT INTO t VALUES('running')",
  );
  return [
    ...[() => new DatabaseSync(':memory:'), late, again, () => new Other(':memory:')].map((way) =>
      said(() => take(way())),
    ),
    `found: ${search.prepare("SELECT a FROM t WHERE t MATCH 'run'").get().a}`,
  ].join('\n');
};
