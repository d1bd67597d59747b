import type { Figures, Outcome } from '../rules/verdict.js';

/** What a rule comes to at one time. */
export interface ReplayedState {
  outcome: Outcome;
  figures: Figures | undefined;
}
