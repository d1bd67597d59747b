import type { Body, LawfulClient } from '../lawful-bus.js';
import type { Kind, ModelFile } from '../model/files.js';
import { reads } from '../model/reading.js';
import type { ModelOfficer, World } from '../model/world.js';
import { type Difference, differences } from './comparison.js';

const LISTED: readonly Kind[] = ['applications', 'grants', 'cases', 'demands', 'consents', 'use-records', 'backflows'];
/** Each reading of their documents would be on record, and longer with each comparison: their files are read one by one at the end. */
const RECORDING: Kind = 'use-records';
/** One reader of each department, and one more of the competent one, which comes first and reads everything. */
export const READERS = ['guo', 'huang', 'faye', 'lin', 'wu', 'tan', 'fei'];
const CAUGHT_UP_MS = Number(process.env.SLUICE_WALK_CAUGHT_UP_MS || 15_000);
const POLL_MS = 100;
/** A missing backflow is found in the log of events, which the model has not. */
const FOUND_IN_LOG = 'P5';
/** More pages than any walk fills. */
const PAGES_MAX = 100;

/** Differences about one file, or about none that the model has. */
export interface FoundInList {
  file: ModelFile | undefined;
  found: Difference[];
}

/** Reads every list of a broker as each reader, and compares it with the model; differences once it has caught up. */
export async function compareLists(
  world: World,
  client: LawfulClient,
  readers: readonly string[] = READERS,
): Promise<FoundInList[]> {
  const found = await eventuallyNone(() => violations(world, client));
  for (const id of readers) {
    const officer = world.officers.get(id) as ModelOfficer;
    for (const kind of LISTED) found.push(...(await eventuallyNone(() => listOf(world, client, officer, kind))));
  }
  return found;
}

async function eventuallyNone(look: () => Promise<FoundInList[]>): Promise<FoundInList[]> {
  const giveUpAt = Date.now() + CAUGHT_UP_MS;
  for (;;) {
    const found = await look();
    if (found.length === 0 || Date.now() > giveUpAt) return found;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function pages(client: LawfulClient, who: string, kind: string): Promise<Body[]> {
  const all: Body[] = [];
  const document = kind === RECORDING ? '' : '&document=true';
  let after = '';
  for (let page = 0; page < PAGES_MAX; page++) {
    const body = await client.read(who, `/v1/${kind}?limit=1000${document}${after}`);
    all.push(...(body.files ?? body.grants));
    if (!body.next) break;
    after = `&after=${encodeURIComponent(body.next)}`;
  }
  return all;
}

async function listOf(world: World, client: LawfulClient, officer: ModelOfficer, kind: Kind): Promise<FoundInList[]> {
  const shown = new Map((await pages(client, officer.id, kind)).map((answer): [string, Body] => [answer.id, answer]));
  return [...world.of(kind)].flatMap((file) => {
    const answer = shown.get(file.id);
    const isRead = reads(world, officer, file);
    if (isRead !== (answer !== undefined)) return [{ file, found: [{ what: 'listed', model: isRead, bus: !isRead }] }];
    const found = answer ? differences(world, officer, file, answer) : [];
    return found.length > 0 ? [{ file, found }] : [];
  });
}

/** Violations about files that the model still has, each once. */
async function violations(world: World, client: LawfulClient): Promise<FoundInList[]> {
  const about = new Map<string, Record<'model' | 'bus', string[]>>();
  const add = (side: 'model' | 'bus', file: string, { code, party, clock, act }: Body): void => {
    if (!world.files.has(file) || code === FOUND_IN_LOG) return;
    const both = about.get(file) ?? { model: [], bus: [] };
    about.set(file, both);
    both[side].push(`${code} ${party} ${clock ?? act}`);
  };
  for (const one of world.violations) add('model', `${one.kind}/${one.id}`, one);
  for (const { document } of await pages(client, READERS[0] as string, 'violations')) {
    add('bus', `${document.about.kind}/${document.about.id}`, document);
  }
  return [...about].flatMap(([file, { model, bus }]) => {
    const same = JSON.stringify(model.sort()) === JSON.stringify(bus.sort());
    return same ? [] : [{ file: world.files.get(file), found: [{ what: 'violations', model, bus }] }];
  });
}

/** Every file that an officer of its own department reads, by itself: with history, and as entries stand in no list. */
export function* ownReadings(world: World): Generator<[ModelOfficer, ModelFile]> {
  const byParty = new Map([...world.officers.values()].map((officer) => [officer.party, officer]));
  for (const file of [...world.files.values()]) yield [byParty.get(file.own) as ModelOfficer, file];
}
