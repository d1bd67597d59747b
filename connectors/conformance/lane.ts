import type { DeliveredEvent, SourceEvent } from '../../proto/event/event.js';
import type { ConnectorContext } from '../runtime/connector-context.js';

/** The record of the conformance suites: an identifier, a string, a number, and a filterable item. */
export interface Person {
  id: string;
  /** At most 40 characters. */
  name: string;
  /** Not negative. */
  age: number;
  district: string;
}

/** The isolated surroundings of one test on a shared bus: an entry, a publisher of it, and a subscriber with a grant of all of it. */
export interface Lane {
  entry: string;
  grant: string;
  /** Context of a connector with its own metrics. The same name gives the same state files again. */
  sourceContext(name: string): ConnectorContext;
  sinkContext(name: string): ConnectorContext;
  publish(events: readonly SourceEvent[]): Promise<void>;
  /** Everything that the grant has delivered, from the earliest event. */
  delivered(): Promise<DeliveredEvent[]>;
  /** The same through a second grant, whose rows are limited to district d2. */
  deliveredOfD2(): Promise<DeliveredEvent[]>;
  /** Number of events in quarantine. */
  quarantined(): Promise<number>;
  deadLetters(): Promise<number>;
  /** Complaints of promtool about the metrics of a connector; '' when there are none, or no promtool. */
  metricFlaws(context: ConnectorContext): Promise<string>;
  /** Cuts the connectors off from the bus. The test itself still reaches it. */
  cut(): Promise<void>;
  restore(): Promise<void>;
}

/** Waits until the condition holds, and throws after `WAIT_MS_MAX`. */
export async function eventually(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const giveUpAtMs = performance.now() + WAIT_MS_MAX;
  while (!(await holds())) {
    if (performance.now() > giveUpAtMs) throw new ConditionTimeoutError(`still waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

class ConditionTimeoutError extends Error {
  override readonly name = 'NeverHappenedError';
}

/** Nothing in the suites takes a second when it works; the bound allows for a loaded machine. */
const WAIT_MS_MAX = 90_000;
const POLL_MS = 25;

/** The records of a subscriber that applies the events by the rules of docs/protocol.md. */
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
