import { allAlerts } from '../prometheus/rules-file.js';
import { TimeScale } from '../prometheus/time-scale.js';
import type { AlertLimit } from './panel.js';

const ALERTS = allAlerts(new TimeScale());

/** The first number with which the expression of the alert compares, in units of the panel; of a point in time, how far off it is. */
export function limitOf({ alert, labels = {}, factor = 1 }: AlertLimit): number {
  const isMeant = (name: string, of: Record<string, string> = {}): boolean =>
    name === alert && Object.entries(labels).every(([label, value]) => of[label] === value);
  const found = ALERTS.find((one) => isMeant(one.name, one.labels));
  const [, number] = found?.expr.match(/ [<>] (?:time\(\) \+ )?([\d.]+)/) ?? [];
  if (number === undefined) throw new RangeError(`alert ${alert} compares with no number`);
  return Number(number) * factor;
}
