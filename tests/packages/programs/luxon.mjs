import { DateTime, Duration, Interval, Settings } from 'luxon';
import moment from 'moment';
import 'moment/locale/de.js';

const day = DateTime.fromISO('2024-02-29T13:45:30', { zone: 'Europe/Zurich' });
console.log(day.toISO(), day.plus({ years: 1 }).toISODate(), day.weekNumber, day.isInLeapYear);
console.log(
  day.setLocale('fr').toLocaleString(DateTime.DATE_FULL),
  day.toFormat("yyyy 'week' W, cccc"),
);
console.log(
  day.setZone('America/New_York').toISO(),
  DateTime.fromFormat('03/04/99', 'dd/MM/yy').toISODate(),
);
console.log(
  Duration.fromISO('P1DT2H').toHuman(),
  Interval.fromISO('2024-01-01/P1W').splitBy({ days: 3 }).length,
);
console.log(DateTime.fromISO('nonsense').invalidExplanation, Settings.defaultLocale);

const then = moment.utc('2001-09-09T01:46:40Z');
console.log(
  then.format('dddd, D. MMMM YYYY, LT'),
  then.locale('en').format('LLLL'),
  then.valueOf(),
);
console.log(
  then.clone().add(1, 'month').endOf('month').toISOString(),
  then.from(moment.utc('2001-09-10')),
);
console.log(
  moment('31-31-2000', 'DD-MM-YYYY', true).isValid(),
  moment.duration(90, 'minutes').locale('de').humanize(),
);
