import Joi from 'joi';
import * as yup from 'yup';
import * as v from 'valibot';

const user = Joi.object({
  name: Joi.string().alphanum().min(3).required(),
  email: Joi.string().email(),
  born: Joi.date().iso().less('2020-01-01'),
  again: Joi.ref('name'),
  tags: Joi.array().items(Joi.string().valid('a', 'b')).unique(),
}).rename('Name', 'name');
console.log(
  JSON.stringify(
    user.validate({ Name: 'ada1', email: 'a@example.org', born: '1815-12-10', tags: ['a'] }).value,
  ),
);
console.log(
  user.validate({ name: 'x!', tags: ['a', 'a', 'c'], more: 1 }, { abortEarly: false }).error
    .message,
);
console.log(Joi.attempt('5', Joi.number()), JSON.stringify(user.describe().keys.name.rules));

const order = yup.object({
  n: yup.number().positive().integer().required(),
  at: yup.date().default(() => new Date(0)),
  site: yup.string().url().nullable(),
});
console.log(JSON.stringify(await order.validate({ n: '4', site: null })));
await order
  .validate({ n: -1.5, site: 'nope' }, { abortEarly: false })
  .catch((error) => console.log(error.name, error.errors));

const Login = v.pipe(
  v.object({ mail: v.pipe(v.string(), v.email()), n: v.optional(v.number(), 7) }),
  v.transform((input) => ({ ...input, ok: true })),
);
console.log(v.parse(Login, { mail: 'a@example.org' }));
console.log(v.flatten(v.safeParse(Login, { mail: 'x', n: 'y' }).issues).nested);
