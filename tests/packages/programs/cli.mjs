import { cac } from 'cac';
import meow from 'meow';
import figlet from 'figlet';
import small from 'figlet/importable-fonts/Small.js';
import Table from 'cli-table3';

const cli = cac('tool');
cli.option('--level <n>', 'How much', { default: 1 });
cli
  .command('build <folder> [...files]', 'Build a folder')
  .option('--watch', 'Again and again')
  .action((folder, files, options) =>
    console.log('build', folder, files, options.watch, options.level),
  );
cli.help();
cli.version('1.2.3');
cli.parse(['node', 'tool', 'build', 'src', 'a.js', 'b.js', '--watch', '--level', '3']);
cli.parse(['node', 'tool', '--version'], { run: false });
cli.outputHelp();

const { flags, input } = meow('Usage: tool <file>', {
  importMeta: import.meta,
  argv: ['x.txt', '--no-color', '-n', '7'],
  flags: { number: { type: 'number', shortFlag: 'n' }, color: { type: 'boolean', default: true } },
});
console.log(input, flags);

figlet.parseFont('Small', small);
console.log(figlet.textSync('SES', { font: 'Small' }));
const table = new Table({
  head: ['name', 'size'],
  style: { head: [], border: [] },
  colAligns: ['left', 'right'],
});
table.push(['a.js', 12], [{ colSpan: 2, content: 'wide 漢字' }]);
console.log(table.toString());
