import * as sample from '../../../cli/commands/bus/lawful/sample-departments.js';

export { NATIONAL_CALENDARS as CALENDARS } from '../../../broker/procedure/clock/national-calendars.js';
export { CD, D, P, PARTIES, SYSTEMS, T } from '../../../cli/commands/bus/lawful/sample-departments.js';

/** Departments that a test founds; those of the city are registered only, so that it takes less time. */
const FOUNDED = [sample.CD, sample.P, sample.D, sample.T];

const ofFounded = <Value>(all: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> =>
  Object.fromEntries(Object.entries(all).filter(([party]) => FOUNDED.includes(party)));

export const ADMINISTRATORS = ofFounded(sample.ADMINISTRATORS);
export const HEADS = ofFounded(sample.HEADS);

/** Party → officer → roles; the platform operator of a test is the first one, of the configuration. */
export const OFFICERS: typeof sample.OFFICERS = {
  ...ofFounded(sample.OFFICERS),
  [sample.CD]: { huang: ['competent_reviewer'], guo: ['auditor'] },
};
