import type { ScenarioSize } from './scenario-arbitrary.js';

/** Many small scenarios cover combinations of a few steps. */
export const SHORT_STORY: ScenarioSize = {
  items: 5,
  grants: 4,
  links: 3,
  followers: 5,
  steps: 6,
  changes: 8,
  times: 1,
  isFull: false,
  credits: [1000, 1, 2, 3, 10, 100],
};

/** A few long scenarios cover long frames and readers far behind. */
export const LONG_STORY: ScenarioSize = {
  items: 4,
  grants: 3,
  links: 2,
  followers: 6,
  steps: 4,
  changes: 10,
  times: 60,
  isFull: true,
  credits: [1000, 100, 10],
};

/** For a long soak: thirty followers of ten grants through ten thousand events. */
export const VAST_STORY: ScenarioSize = {
  items: 8,
  grants: 16,
  links: 6,
  followers: 40,
  steps: 8,
  changes: 10,
  times: 150,
  isFull: true,
  credits: [10_000, 1000, 100],
};

export const STORY_SIZES = { short: SHORT_STORY, long: LONG_STORY, vast: VAST_STORY };
export type StorySize = keyof typeof STORY_SIZES;
