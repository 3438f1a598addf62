import build from 'pino-abstract-transport';

export default async ({ tag }) =>
  build(async (source) => {
    for await (const { level, msg } of source) console.log(tag, level, msg);
  });
