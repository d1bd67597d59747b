import type { Figures, Outcome } from '../rules/evaluate-rule.js';

/** The outcome and figures of a rule on one day. */
export interface ReplayedState {
  outcome: Outcome;
  figures: Figures | undefined;
}
