import fc from 'fast-check';
import type { GrantedItem } from '../../../proto/entry/grant.js';
import type { Rows } from '../../../proto/entry/rows.js';
import { SUBPROTOCOLS } from '../../../proto/frames/frames.js';
import type { AckPolicy } from '../../support/raw-client/raw-follower.js';
import { grantedItemArbitrary, itemsArbitrary, predicateArbitrary } from './item-arbitrary.js';
import {
  type Change,
  FAULTS,
  ROUTES,
  type Scenario,
  type ScenarioFollower,
  type ScenarioGrant,
  type ScenarioItem,
  type Step,
} from './scenario.js';
import { VALUE_INDEX_MAX } from './value-pools.js';

/** Sizes of the generated scenarios. */
export interface ScenarioSize {
  items: number;
  grants: number;
  links: number;
  followers: number;
  steps: number;
  changes: number;
  /** Upper bound of repetitions of one step's changes. */
  times: number;
  /** True for scenarios that are all about as large as allowed; else there are all sizes, small ones first. */
  isFull: boolean;
  /** Credits of the followers: a credit of one is slow in a long scenario. */
  credits: readonly number[];
}

export function scenarioArbitrary(size: ScenarioSize): fc.Arbitrary<Scenario> {
  return itemsArbitrary(size.items)
    .chain((items) =>
      fc.record({
        items: fc.constant(items),
        grants: some(grantArbitrary(items, size), size.grants, size),
        links: some(fc.constantFrom(...SUBPROTOCOLS), size.links, size),
        followers: some(followerArbitrary(items, size), size.followers, size),
        steps: some(stepArbitrary(items, size), size.steps, size),
      }),
    )
    .map(withinBounds);
}

/** In full scenarios at least half of the allowed number. */
const leastOf = (most: number, { isFull }: ScenarioSize): number => (isFull ? Math.ceil(most / 2) : 1);

function some<T>(one: fc.Arbitrary<T>, most: number, size: ScenarioSize): fc.Arbitrary<T[]> {
  return fc.array(one, { minLength: leastOf(most, size), maxLength: most, size: 'max' });
}

/** Maps indices into range: they were drawn before the number of grants and links was known. */
function withinBounds(scenario: Scenario): Scenario {
  const grant = (index: number): number => index % scenario.grants.length;
  const link = (index: number): number => index % scenario.links.length;
  return {
    ...scenario,
    followers: scenario.followers.map((one) => ({ ...one, grant: grant(one.grant), link: link(one.link) })),
    steps: scenario.steps.map((step) => {
      if ('grant' in step) return { ...step, grant: grant(step.grant) };
      return 'link' in step ? { ...step, link: link(step.link) } : step;
    }),
  };
}

function grantArbitrary(items: ScenarioItem[], size: ScenarioSize): fc.Arbitrary<ScenarioGrant> {
  return fc.record({
    items: fc
      .tuple(...items.map(({ item }) => grantedItemArbitrary(item)))
      .map((granted) => granted.filter((one): one is GrantedItem => one !== undefined)),
    rows: rowsArbitrary(items, 2),
    history: fc.constantFrom('all', 'all', 'none'),
    since: fc.oneof(fc.constant(0), fc.nat(size.steps)),
    lifeMs: rarely(19, fc.integer({ min: 50, max: 200 })),
  });
}

/** At most so many predicates. An item that a row filter uses cannot be dropped, since the catalog refuses that. */
function rowsArbitrary(items: ScenarioItem[], most: number): fc.Arbitrary<Rows> {
  const filterable = items.filter(({ item, versions }) => item.filterable && versions !== 'first');
  if (filterable.length === 0) return fc.constant({});
  const condition = fc
    .constantFrom(...filterable)
    .chain(({ item }) => predicateArbitrary(item).map((predicate) => [item.name, predicate] as const));
  return fc.array(condition, { maxLength: most }).map((conditions) => Object.fromEntries(conditions));
}

function followerArbitrary(items: ScenarioItem[], size: ScenarioSize): fc.Arbitrary<ScenarioFollower> {
  return fc.record({
    grant: fc.nat(size.grants - 1),
    link: fc.nat(size.links - 1),
    narrow: fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: rowsArbitrary(items, 1) }),
    joins: fc.oneof(fc.constant(0), fc.nat(size.steps)),
    from: fc.constantFrom('cursor', 'cursor', 'earliest', 'earliest', 'latest', 'time', 'position'),
    ackPolicy: ackPolicyArbitrary(size.credits),
    resume: fc.constantFrom('cursor', 'position'),
    cutAfter: fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 3 }),
  });
}

function ackPolicyArbitrary(credits: readonly number[]): fc.Arbitrary<AckPolicy> {
  return fc.record({
    credit: fc.constantFrom(...credits),
    every: fc.constantFrom(1, 2, 7, 50, 1000),
    delayMs: fc.constantFrom(undefined, undefined, 0, 2),
  });
}

function stepArbitrary(items: ScenarioItem[], size: ScenarioSize): fc.Arbitrary<Step> {
  const changes = some(changeArbitrary(items), size.changes, size);
  const times = fc.integer({ min: leastOf(size.times, size), max: size.times });
  const grant = fc.nat(size.grants - 1);
  return fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({ do: fc.constant('publish'), route: fc.constantFrom(...ROUTES), changes, times }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('snapshot'), changes }) },
    { weight: 1, arbitrary: fc.constant({ do: 'upgrade' }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('suspend', 'restore', 'terminate'), grant }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('cut'), link: fc.nat(size.links - 1) }) },
    { weight: 3, arbitrary: fc.constant({ do: 'settle' }) },
  ) as fc.Arbitrary<Step>;
}

const RECORDS_MAX = 5;

function changeArbitrary(items: ScenarioItem[]): fc.Arbitrary<Change> {
  return fc.record({
    record: fc.nat(RECORDS_MAX),
    op: fc.constantFrom('create', 'update', 'update', 'update', 'delete', 'correction'),
    values: fc.array(fc.nat(VALUE_INDEX_MAX), { minLength: items.length, maxLength: items.length }),
    previous: fc.constantFrom('true', 'true', 'true', 'empty', 'partial'),
    fault: rarely(15, fc.constantFrom(...FAULTS)),
    repeated: fc.nat(19).map((n) => n === 19),
    sourcePosition: fc.constantFrom(undefined, undefined, undefined, 'next', 'next', 'same', 'back'),
  });
}

/** Draws nothing so many times as often as something. */
function rarely<T>(weight: number, something: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: something });
}
