import { createHash } from 'node:crypto';
import type { Answer, Body, LawfulClient } from '../lawful-bus.js';
import type { ModelParty, World } from '../model/world.js';
import { CALENDARS, CD, PARTIES } from '../people.js';
import { ADMINISTRATORS, HEADS, OFFICERS, SYSTEMS } from './officers.js';

/** Id of the platform operator, whom the configuration makes. */
export const OPERATOR = 'platform-operator';

/** The brokers of one bus, one of which may be away. */
export interface WalkBus {
  /** One client for each broker; they share their tokens. */
  clients: readonly LawfulClient[];
  /** Ends a broker as a crash does. */
  kill?(index: number): Promise<void>;
  /** Starts it again; with `fresh`, without its projection. */
  restart?(index: number, fresh: boolean): Promise<void>;
  /** Whether a file was made by somebody else than the walk. */
  isBeside?(file: Body): boolean;
}

/** Fills the model with those whom the founding made. */
export function peopleInto(world: World): void {
  for (const one of PARTIES as ModelParty[]) world.parties.set(one.id, { ...one, competent: one.competent === true });
  for (const [party, officers] of Object.entries(OFFICERS)) {
    for (const [id, roles] of Object.entries(officers)) world.officers.set(id, { id, party, roles });
  }
  for (const [party, id] of Object.entries(ADMINISTRATORS)) {
    world.officers.set(id, { id, party, roles: ['administrator'] });
  }
  for (const [id, { may, party }] of Object.entries(SYSTEMS)) {
    (may === 'subscribe' ? world.systems : world.sources).set(id, party);
  }
  for (const party of Object.keys(HEADS)) world.bodies.add(party);
  for (const calendar of CALENDARS) world.calendar.take(calendar as never);
  world.owner = CD;
  world.operator = { id: OPERATOR, party: CD, roles: ['platform_operator'] };
  world.today = '2025-12-01';
}

/** One attachment of each department; party → digest. */
export async function storePapers(bus: LawfulClient, world: World): Promise<Map<string, string>> {
  const papers = new Map<string, string>();
  for (const { id, party } of world.officers.values()) {
    if (papers.has(party)) continue;
    const text = `paper of ${party}`;
    const answer: Answer = await bus.as(id, 'POST', '/v1/attachments', { text });
    const sent = createHash('sha256').update(JSON.stringify({ text })).digest('hex');
    if (answer.status !== 404 && answer.body?.sha256 !== sent) {
      throw new Error(`attachment of ${id}: ${answer.status} ${JSON.stringify(answer.body)}`);
    }
    papers.set(party, sent);
  }
  return papers;
}
