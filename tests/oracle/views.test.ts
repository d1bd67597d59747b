import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { expectedEvents } from '../../broker/leak-check/allowed/allowed-events.js';
import { SeededRandom } from '../support/seeded-random.js';
import { DisagreementError } from './check-oracle.js';
import { problemsOf } from './model/model-intake.js';
import type { Scenario } from './stories/scenario.js';
import { scenarioArbitrary } from './stories/scenario-arbitrary.js';
import { Story } from './stories/story.js';
import { SHORT_STORY } from './stories/story-sizes.js';
import { VIEWS_SECRET, ViewedEntry } from './stories/viewed-entry.js';

const PUBLISHER = { system: 'teller', party: 'oracle' };
const STORIES = 4000;
const POSITION = 7;

t.test('compiled views give each event to the same grants as the model does, and the same of it', async (t) => {
  const { seed } = SeededRandom.fromEnvironment('SLUICE_ORACLE_SEED');
  t.comment(`seed ${seed} (SLUICE_ORACLE_SEED)`);
  let decisions = 0;
  const property = fc.property(scenarioArbitrary(SHORT_STORY).map(withOneVersion), (scenario) => {
    decisions += compareDecisions(scenario);
  });
  fc.assert(property, { seed, numRuns: STORIES });
  t.ok(decisions > STORIES, `${decisions} decisions`);
});

/** All items in one version, since the succession of versions is tested in the catalog. */
function withOneVersion(scenario: Scenario): Scenario {
  return { ...scenario, items: scenario.items.map((one) => ({ ...one, versions: 'both' })) };
}

/** Returns the number of decisions, one per event and grant, that agreed. */
function compareDecisions(scenario: Scenario): number {
  const story = new Story(scenario, 'oracle.views', PUBLISHER);
  const entry = new ViewedEntry(scenario, story);
  // An event that corrections can point to.
  story.accepted.push({ event: story.marker('s0'), position: 3 });
  const events = scenario.steps.flatMap((step) => {
    if (step.do === 'publish') return story.changes(step.changes, 1);
    return step.do === 'snapshot' ? story.snapshot(step.changes) : [];
  });
  const valid = events.filter((event) => problemsOf(event, story.versions, PUBLISHER).length === 0);
  for (const event of valid) {
    const seen = entry.seen(event, POSITION);
    for (const [index, grant] of entry.grants.entries()) {
      const model = { grant, versions: story.versions, secret: VIEWS_SECRET };
      const [expected] = expectedEvents([{ event, position: POSITION }], model);
      const { time: _time, ...got } = seen[index] ?? { time: '' };
      if (isDeepStrictEqual(got, expected ?? {})) continue;
      const what = `${JSON.stringify(grant)} gets ${JSON.stringify(got)} instead of ${JSON.stringify(expected)}`;
      throw new DisagreementError(`${what} of ${JSON.stringify(event)}`);
    }
  }
  return valid.length * entry.grants.length;
}
