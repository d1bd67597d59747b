import { BUS_FAULTS } from './bus-faults.js';
import { CLIENT_FAULTS } from './client-faults.js';
import type { Fault } from './fault.js';
import { LAWFUL_FAULTS } from './lawful-faults.js';
import { LEAK_FAULTS } from './leak-faults.js';
import { MACHINE_FAULTS } from './machine-faults.js';

export const FAULTS: readonly Fault[] = [
  ...BUS_FAULTS,
  ...MACHINE_FAULTS,
  ...CLIENT_FAULTS,
  ...LEAK_FAULTS,
  ...LAWFUL_FAULTS,
];

/** Fires while nothing is wrong: that it is there is seen with every fault. */
export const ALWAYS_FIRING = 'SluiceWatchdog';
