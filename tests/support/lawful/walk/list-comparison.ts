import type { Body, LawfulClient } from '../lawful-bus.js';
import type { Kind, ModelFile } from '../model/files.js';
import { reads } from '../model/reading.js';
import type { ModelOfficer, World } from '../model/world.js';
import { type Difference, differences } from './comparison.js';

const LISTED: readonly Kind[] = ['applications', 'grants', 'cases', 'demands', 'consents', 'use-records', 'backflows'];
/** One reader of each department, and one more of the competent one. */
const READERS = ['guo', 'huang', 'faye', 'lin', 'wu', 'tan', 'fei'];
const CAUGHT_UP_MS = Number(process.env.SLUICE_WALK_CAUGHT_UP_MS || 15_000);
const POLL_MS = 100;
/** A missing backflow is found in the log of events, which the model has not. */
const FOUND_IN_LOG = 'P5';
/** More pages than any walk fills. */
const PAGES_MAX = 100;

/** Reads every list of a broker as officers of all departments, and compares it with the model; differences once it has caught up. */
export async function compareLists(world: World, client: LawfulClient): Promise<Difference[]> {
  const found = await eventuallyNone(() => violations(world, client));
  for (const id of READERS) {
    const officer = world.officers.get(id) as ModelOfficer;
    for (const kind of LISTED) found.push(...(await eventuallyNone(() => listOf(world, client, officer, kind))));
  }
  return found;
}

async function eventuallyNone(look: () => Promise<Difference[]>): Promise<Difference[]> {
  const giveUpAt = Date.now() + CAUGHT_UP_MS;
  for (;;) {
    const found = await look();
    if (found.length === 0 || Date.now() > giveUpAt) return found;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function pages(client: LawfulClient, who: string, kind: string): Promise<Body[]> {
  const all: Body[] = [];
  let after = '';
  for (let page = 0; page < PAGES_MAX; page++) {
    const body = await client.read(who, `/v1/${kind}?limit=1000&document=true${after}`);
    all.push(...(body.files ?? body.grants));
    if (!body.next) break;
    after = `&after=${encodeURIComponent(body.next)}`;
  }
  return all;
}

async function listOf(world: World, client: LawfulClient, officer: ModelOfficer, kind: Kind): Promise<Difference[]> {
  const shown = new Map((await pages(client, officer.id, kind)).map((answer): [string, Body] => [answer.id, answer]));
  const found: Difference[] = [];
  for (const file of world.of(kind)) {
    const what = `${kind}/${file.id} in the list of ${officer.id}`;
    const answer = shown.get(file.id);
    const isRead = reads(world, officer, file);
    if (isRead !== (answer !== undefined)) found.push({ what, model: isRead, bus: !isRead });
    else if (answer)
      found.push(...differences(world, officer, file, answer).map((one) => ({ ...one, what: `${what}: ${one.what}` })));
  }
  return found;
}

/** Violations of files that the model still has, each once. */
async function violations(world: World, client: LawfulClient): Promise<Difference[]> {
  const known = (kind: string, id: string): boolean => world.files.has(`${kind}/${id}`);
  const model = world.violations
    .filter(({ kind, id }) => known(kind, id))
    .map(({ code, party, kind, id, clock, act }) => `${code} ${party} ${kind}/${id} ${clock ?? act}`);
  const bus = (await pages(client, 'guo', 'violations'))
    .map(({ document }) => document)
    .filter(({ code, about }) => code !== FOUND_IN_LOG && known(about.kind, about.id))
    .map(({ code, party, about, clock, act }) => `${code} ${party} ${about.kind}/${about.id} ${clock ?? act}`);
  const [ours, theirs] = [model.sort(), bus.sort()];
  if (JSON.stringify(ours) === JSON.stringify(theirs)) return [];
  const beyond = (some: string[], others: string[]): string[] => {
    const left = [...others];
    return some.filter((one) => {
      const at = left.indexOf(one);
      if (at >= 0) left.splice(at, 1);
      return at < 0;
    });
  };
  return [{ what: 'violations', model: beyond(ours, theirs), bus: beyond(theirs, ours) }];
}

/** Every file that an officer of its own department reads, by itself: with history, and as entries stand in no list. */
export function* ownReadings(world: World): Generator<[ModelOfficer, ModelFile]> {
  const byParty = new Map([...world.officers.values()].map((officer) => [officer.party, officer]));
  for (const file of [...world.files.values()]) yield [byParty.get(file.own) as ModelOfficer, file];
}
