import type { EntryVersion } from '../../../proto/entry/entry.js';
import { eventSubject } from '../../../proto/subject.js';

/** Destination of the events of one system on one entry. */
export interface EventRoute {
  system: string;
  entry: string;
  partition: number;
  /** NATS subject: one per system and entry. */
  subject: string;
  ttlSeconds: number | undefined;
}

const SECONDS_PER_DAY = 86_400;

const known = new WeakMap<EntryVersion, Map<string, EventRoute>>();

/** Computed once per version of an entry and dropped with it. Its systems are few: those of the party that owns the entry. */
export function routeOf(version: EntryVersion, system: string): EventRoute {
  let bySystem = known.get(version);
  if (!bySystem) {
    bySystem = new Map();
    known.set(version, bySystem);
  }
  let route = bySystem.get(system);
  if (!route) {
    route = newRoute(version, system);
    bySystem.set(system, route);
  }
  return route;
}

function newRoute({ id, partition, document: { retentionDays } }: EntryVersion, system: string): EventRoute {
  return {
    system,
    entry: id,
    partition,
    subject: eventSubject(partition, id, system),
    ttlSeconds: retentionDays === undefined ? undefined : Math.ceil(retentionDays * SECONDS_PER_DAY),
  };
}
