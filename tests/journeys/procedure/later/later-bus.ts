import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Test } from 'tap';
import { MACHINES, type Machines } from '../../../../broker/procedure/all-machines.js';
import type { Machine } from '../../../../broker/procedure/engine/machine.js';
import { startBroker, type TestBroker } from '../../../support/broker/broker.js';
import { applicationFor, fileApplication } from '../../../support/lawful/applications.js';
import { BIRTH, publishEntries } from '../../../support/lawful/entries.js';
import { type Body, found, LAWFUL, type LawfulClient, lawfulClient, YEAR } from '../../../support/lawful/lawful-bus.js';
import { ASSESSMENTS, storePaper } from '../../../support/lawful/papers.js';
import { connect, startNats, temporaryFolder } from '../../../support/nats/nats.js';
import { corrections } from './corrections.js';
import { deliveryFacts } from './delivery-facts.js';
import { DESIGNATIONS } from './designations.js';
import { DISPUTES } from './disputes.js';
import { INCIDENTS } from './incidents.js';

/** Kinds that the product publishes only, and that these tests run. */
export const LATER_KINDS = ['corrections', 'disputes', 'incidents', 'designations'] as const;

export interface LaterBus extends LawfulClient {
  readonly url: string;
  machines: Machines;
  /** Ends the broker and opens another one in its folder, which makes the projection of the ledger anew. */
  restartWithoutProjection(): Promise<void>;
  /** Stores a paper and returns its digest as `attachments`. */
  paper(who: string, text: string): Promise<{ attachments: string[] }>;
}

/** Birth registrations, with a promise about corrections. */
export const ENTRY = { ...BIRTH, promisedDays: { D7: 5 } };

/** A founded bus with a published entry, on which the later kinds run. */
export async function startLaterBus(t: Test, people = YEAR): Promise<LaterBus> {
  const nats = await startNats(t);
  const later: Machine[] = [corrections(deliveryFacts(await connect(t, nats))), DISPUTES, INCIDENTS, DESIGNATIONS];
  const machines = new Map([...MACHINES, ...later.map((machine) => [machine.kind, machine] as const)]);
  const dataDir = await temporaryFolder(t);
  const open = (): Promise<TestBroker> => startBroker(t, { nats, machines, config: { ...LAWFUL, dataDir } });
  let started = await open();
  const client = lawfulClient(() => started.url);
  const bus: LaterBus = {
    ...client,
    machines,
    get url() {
      return started.url;
    },
    restartWithoutProjection: async () => {
      await started.broker.drain();
      await rm(join(dataDir, 'projection'), { recursive: true });
      started = await open();
    },
    paper: async (who, text) => ({ attachments: [await storePaper(bus, who, text)] }),
  };
  await found(bus, people);
  for (const text of Object.values(ASSESSMENTS)) await storePaper(bus, 'chen', text);
  await bus.setClock('2025-12-05T10:00:00+08:00');
  await publishEntries(bus, [ENTRY]);
  return bus;
}

const ITEMS = ENTRY.items.map(({ name }: Body) => name);

/** A grant of the whole entry; `officers` are the applicant and the head of the department. */
export async function grantTo(bus: LaterBus, officers: readonly [string, string], system: string): Promise<string> {
  const { id } = await fileApplication(bus, officers, applicationFor(ENTRY, system));
  return (await bus.act('lin', `/v1/applications/${id}/approve`, { items: ITEMS, leftOut: [] })).grant;
}

/** An application that was refused. */
export async function refusedFor(bus: LaterBus, officers: readonly [string, string], system: string): Promise<string> {
  const { id } = await fileApplication(bus, officers, applicationFor(ENTRY, system));
  await bus.act('lin', `/v1/applications/${id}/refuse`, { code: 'no_duty_basis', reason: 'no duty is named' });
  return id;
}

export const clockOf = (answer: Body, id: string): Body => answer.clocks.findLast((clock: Body) => clock.id === id);

/** Notices of one kind about a file to the department of an officer. */
export async function noticesAbout(bus: LawfulClient, who: string, id: string, kind?: string): Promise<Body[]> {
  const { notices } = await bus.read(who, '/v1/notices?limit=1000');
  return notices.filter((one: Body) => one.about.id === id && (kind === undefined || one.kind === kind));
}

/** Everything that officers see of the later kinds: lists, whole files, worklists, notices. */
export async function seenBy(bus: LawfulClient, officers: readonly string[]): Promise<object> {
  const seen: Record<string, Body> = {};
  for (const who of officers) {
    for (const kind of [...LATER_KINDS, 'violations']) {
      const list = await bus.read(who, `/v1/${kind}?limit=1000&document=true`);
      seen[`${who} ${kind}`] = list;
      for (const { links } of list.files) seen[`${who} ${links.self}`] = await bus.read(who, links.self);
    }
    for (const path of ['/v1/desk', '/v1/desk?late=true', '/v1/notices?limit=1000']) {
      seen[`${who} ${path}`] = await bus.read(who, path);
    }
  }
  return seen;
}
