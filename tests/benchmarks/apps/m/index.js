// Whole libraries are loaded for a handful of their functions, as command lines do.
import chalk from 'chalk';
import { addMonths, differenceInCalendarDays, format, parseISO } from 'date-fns';
import * as _ from 'lodash-es';
import yargs from 'yargs';

const { months, _: words } = yargs(['plan', '--months', '5'])
  .option('months', { type: 'number', default: 1 })
  .help(false)
  .version(false)
  .parse();

const start = parseISO('2021-02-03');
const end = addMonths(start, months);
const byRemainder = _.groupBy(_.range(1, 31), (day) => day % months);
const sums = _.mapValues(byRemainder, _.sum);
console.log(
  'M',
  words[0],
  format(end, 'yyyy-MM-dd'),
  differenceInCalendarDays(end, start),
  JSON.stringify(sums),
  chalk.bold('done').includes('done'),
);
