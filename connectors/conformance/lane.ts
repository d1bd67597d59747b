import type { DeliveredEvent, SourceEvent } from '../../proto/event/event.js';
import type { ConnectorContext } from '../runtime/connector-context.js';

/** The record of the conformance suites: an identifier, a text, a number, and an item that rows are chosen by. */
export interface Person {
  id: string;
  /** At most 40 characters. */
  name: string;
  /** Not negative. */
  age: number;
  district: string;
}

/** An entry of its own on a running bus, one system that may publish it and one that is granted all of it. */
export interface Lane {
  entry: string;
  grant: string;
  /** A connector's context with metrics and a state folder of its own; the same name gives the same state again. */
  sourceContext(name: string): ConnectorContext;
  sinkContext(name: string): ConnectorContext;
  publish(events: readonly SourceEvent[]): Promise<void>;
  /** Everything that the grant delivers, from the beginning. */
  delivered(): Promise<DeliveredEvent[]>;
  /** The same through a second grant, whose rows are the people of district d2 only. */
  deliveredOfD2(): Promise<DeliveredEvent[]>;
  /** How many events the bus has refused and put aside. */
  quarantined(): Promise<number>;
  deadLetters(): Promise<number>;
  /** The connectors can't reach the bus any more; `delivered` and the rest still can. */
  cut(): Promise<void>;
  restore(): Promise<void>;
}

/** Waits until the condition holds; fails the test after `WAIT_MS_MAX`. */
export async function eventually(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const giveUpAtMs = Date.now() + WAIT_MS_MAX;
  while (!(await holds())) {
    if (Date.now() > giveUpAtMs) throw new ConditionTimeoutError(`still waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

class ConditionTimeoutError extends Error {
  override readonly name = 'NeverHappenedError';
}

/** Nothing in the suites takes a second when it works; machines can have much else to do. */
const WAIT_MS_MAX = 30_000;
const POLL_MS = 25;

/** What the events add up to: the records as a careful receiver holds them. */
export function foldDelivered(events: readonly DeliveredEvent[]): Person[] {
  const records = new Map<string, { person: Person; position: number }>();
  let snapshotFrom = 0;
  for (const { op, subject = '', data, position } of events) {
    if (op === 'snapshot_begin') snapshotFrom = position;
    else if (op === 'snapshot_end') {
      for (const [key, held] of records) if (held.position < snapshotFrom) records.delete(key);
    } else if (op === 'delete' || op === 'leave') records.delete(subject);
    else records.set(subject, { person: data as unknown as Person, position });
  }
  return sortPeople([...records.values()].map(({ person }) => person));
}

export const sortPeople = (people: readonly Person[]): Person[] =>
  people.map(({ id, name, age, district }) => ({ id, name, age, district })).sort((a, b) => (a.id < b.id ? -1 : 1));

export const person = (number: number, rest: Partial<Person> = {}): Person => ({
  id: `p-${String(number).padStart(6, '0')}`,
  name: `Person ${number}`,
  age: number % 90,
  district: `d${number % 3}`,
  ...rest,
});

export async function metricValue(context: ConnectorContext, name: string, labels = ''): Promise<number | undefined> {
  const text = await context.metrics.registry.metrics();
  const line = text.split('\n').find((one) => one.startsWith(`sluice_connector_${name}`) && one.includes(labels));
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1));
}
