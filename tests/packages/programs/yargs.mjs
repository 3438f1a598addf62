import yargs from 'yargs';

const help = await yargs(['--help'])
  .scriptName('tool')
  .locale('de')
  .usage('$0 <datei>')
  .command('bau <ordner>', 'Einen Ordner bauen', (inner) =>
    inner.positional('ordner', { type: 'string' }),
  )
  .option('tiefe', {
    type: 'number',
    default: 3,
    describe: 'Wie tief',
    demandOption: true,
  })
  .wrap(80)
  .exitProcess(false)
  .getHelp();
console.log(help);

for (const locale of ['fr', 'pt_BR', 'ja', 'xx']) {
  yargs(['--level', 'many'])
    .locale(locale)
    .option('level', { choices: ['one', 'two'] })
    .strict()
    .demandCommand(2)
    .exitProcess(false)
    .fail((message) => console.log(locale, message))
    .parse();
}
const { argv } = yargs(['-v', '--no-colour', '--list', '1', '2', 'rest']).options({
  v: { alias: 'verbose', count: true },
  list: { type: 'array', nargs: 2 },
});
console.log(argv._, argv.verbose, argv.colour, argv.list);
