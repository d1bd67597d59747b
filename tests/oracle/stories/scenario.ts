import type { Item } from '../../../proto/entry/entry.js';
import type { GrantedItem } from '../../../proto/entry/grant.js';
import type { Rows } from '../../../proto/entry/rows.js';
import type { SourceOp } from '../../../proto/event/event.js';
import type { Subprotocol } from '../../../proto/frames/frames.js';
import type { AckPolicy } from '../../support/raw-client/raw-follower.js';

/** A scenario for the bus and the model: plain data, so that a failing one can be shrunk and printed. */
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
  /** Length of its period; undefined when it outlasts the scenario. */
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
/** The way in which events reach the bus; `frame` is a `publish` frame in the encoding of the scenario's first link. */
export type Route = (typeof ROUTES)[number];

export type Step =
  /** The changes, repeated `times` times as events of their own. */
  | { do: 'publish'; route: Route; changes: Change[]; times: number }
  | { do: 'snapshot'; changes: Change[] }
  | { do: 'upgrade' }
  | { do: 'suspend' | 'restore' | 'terminate'; grant: number }
  | { do: 'cut'; link: number }
  /** Waits until everybody is live before the scenario goes on. */
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

/** One event of a scenario; values are indices into the pools of `value-pools.ts`. */
export interface Change {
  record: number;
  op: Exclude<SourceOp, 'snapshot_begin' | 'snapshot_end' | 'snapshot'>;
  values: number[];
  /** The previous values that the source sends: all, none, or half of them. */
  previous: 'true' | 'empty' | 'partial';
  fault?: Fault | undefined;
  /** Published again, as it was, at the end of the same step. */
  repeated: boolean;
  /** True when the event carries its source position; a step back makes it a duplicate. */
  sourcePosition?: 'next' | 'same' | 'back' | undefined;
}
