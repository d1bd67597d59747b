import type { Item } from '../../../proto/entry/entry.js';
import type { GrantedItem } from '../../../proto/entry/grant.js';
import type { Rows } from '../../../proto/entry/rows.js';
import type { SourceOp } from '../../../proto/event/event.js';
import type { Subprotocol } from '../../../proto/frames/frames.js';
import type { AckPolicy } from '../../support/raw-client/raw-follower.js';

/** One story that is told to the bus and to the model: plain data, so that a failing one can be shrunk and printed. */
export interface Scenario {
  /** The first is the identifier. */
  items: ScenarioItem[];
  grants: ScenarioGrant[];
  /** Sessions, each in one encoding; followers name theirs by index. */
  links: Subprotocol[];
  followers: ScenarioFollower[];
  steps: Step[];
}

/** An item and the versions of the entry that have it: the upgrade adds some and drops others. */
export interface ScenarioItem {
  item: Item;
  versions: 'both' | 'first' | 'second';
}

export interface ScenarioGrant {
  items: GrantedItem[];
  rows: Rows;
  history: 'all' | 'none';
  /** Index of the step before which it is made. */
  since: number;
  /** How long it may be used; undefined: longer than the story. */
  lifeMs?: number | undefined;
}

export interface ScenarioFollower {
  grant: number;
  link: number;
  narrow: Rows;
  /** Index of the step before which it subscribes first. */
  joins: number;
  from: 'cursor' | 'earliest' | 'latest' | 'time' | 'position';
  ackPolicy: AckPolicy;
  resume: 'cursor' | 'position';
  cutAfter: number[];
}

export const ROUTES = ['singly', 'batch', 'lines', 'frame'] as const;
/** How events reach the bus; `frame` is a `publish` frame, in the encoding of the scenario's first link. */
export type Route = (typeof ROUTES)[number];

export type Step =
  /** The changes, over and over for so many `times`: each time as events of their own. */
  | { do: 'publish'; route: Route; changes: Change[]; times: number }
  | { do: 'snapshot'; changes: Change[] }
  | { do: 'upgrade' }
  | { do: 'suspend' | 'restore' | 'terminate'; grant: number }
  | { do: 'cut'; link: number }
  /** Everybody gets what there is before the story goes on: what follows is met live. */
  | { do: 'settle' };

export const FAULTS = [
  'unknown item',
  'wrong type',
  'no identifier',
  'other subject',
  'no previous',
  'foreign entry',
  'unknown entry',
  'foreign source',
  'bad id',
  'no data',
  'hidden previous',
] as const;
export type Fault = (typeof FAULTS)[number];

/** One event in terms of the story; values are indices into the pools of `value-pools.ts`. */
export interface Change {
  record: number;
  op: Exclude<SourceOp, 'snapshot_begin' | 'snapshot_end' | 'snapshot'>;
  values: number[];
  /** What the source says of the former values: the truth, nothing, or half of it. */
  previous: 'true' | 'empty' | 'partial';
  fault?: Fault | undefined;
  /** Published again, as it was, at the end of the same step. */
  repeated: boolean;
  /** Carries the source's own place; a step back makes it a duplicate. */
  place?: 'next' | 'same' | 'back' | undefined;
}
