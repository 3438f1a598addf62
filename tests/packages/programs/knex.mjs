import knex from 'knex';
import { DummyDriver, Kysely, PostgresAdapter, PostgresQueryCompiler, sql } from 'kysely';

const db = knex({ client: 'pg' });
const query = db('users as u')
  .join('orders as o', 'u.id', 'o.user_id')
  .where({ 'u.active': true })
  .andWhere((where) => where.where('o.total', '>', 10).orWhereNull('o.total'))
  .groupBy('u.id')
  .having('n', '>', 2)
  .select('u.id', db.raw('count(*) as ??', ['n']))
  .orderBy('n', 'desc')
  .limit(5);
console.log(query.toString());
console.log(
  JSON.stringify(
    db('t')
      .insert([{ a: 1, b: 'x' }, { a: 2 }])
      .returning('id')
      .toSQL()
      .toNative(),
  ),
);
console.log(
  db.schema
    .createTable('t', (t) => {
      t.increments();
      t.string('name', 20).notNullable().unique();
    })
    .toString(),
);

const dialect = {
  createAdapter: () => new PostgresAdapter(),
  createDriver: () => new DummyDriver(),
  createIntrospector: () => undefined,
  createQueryCompiler: () => new PostgresQueryCompiler(),
};
const typed = new Kysely({ dialect });
const compiled = typed
  .selectFrom('person')
  .leftJoin('pet', 'pet.owner', 'person.id')
  .select(['person.id', sql`lower(${sql.ref('name')})`.as('l')])
  .where('age', 'in', [1, 2])
  .compile();
console.log(compiled.sql, compiled.parameters);
console.log(await typed.updateTable('person').set({ age: 3 }).where('id', '=', 1).execute());
