import type { SeededRandom } from '../../seeded-random.js';
import { plusDays } from '../model/calendar.js';
import { delivers } from '../model/deliveries.js';
import type { GrantFile } from '../model/files.js';
import { recountAll } from '../model/time.js';
import { World } from '../model/world.js';
import { Bodies } from './bodies.js';
import { Chooser } from './chooser.js';
import { ownReadings, READERS } from './compare/lists.js';
import { REGION } from './documents.js';
import { FUZHOU } from './officers.js';
import { OPERATOR, peopleInto, storePapers, type WalkBus } from './walk-bus.js';
import { Walker } from './walker.js';

export interface WalkOptions {
  acts: number;
  random: SeededRandom;
  /** Acts between two kills; none without it. */
  killEvery?: number;
  /** How often two acts meet on one file; which of them comes first is no matter of the seed. */
  races?: number;
  /** A walk with more mismatches than this says no more. */
  mismatchesMax?: number;
  progress?(line: string): void;
}

/** A kill hits within this of the sending of an act. */
const STRIKE_MS_MAX = 12;
/** Files of which nothing changes any more are read side by side. */
const LOOKS_AT_ONCE = 10;
const DAYS = [0, 0, 1, 1, 1, 2, 3, 5, 20];

/** Walks a founded bus at random beside the model, and compares the two all along. */
export async function walk(bus: WalkBus, { acts, random, ...options }: WalkOptions): Promise<Walker> {
  const world = new World();
  peopleInto(world);
  const { tokens } = bus.clients[0]!;
  tokens.set(OPERATOR, tokens.get('pan') as string);
  const papers = await storePapers(bus.clients[0]!, world);
  const chooser = new Chooser(world, random, new Bodies(world, random, papers));
  const walker = new Walker(bus, world, random, papers, options.progress);
  const steps = new Steps(bus, world, random, walker);
  for (let act = 1; act <= acts; act++) {
    await steps.beside(act / acts);
    const kills = options.killEvery !== undefined && act % options.killEvery === 0;
    if (kills) options.progress?.(`${act} acts, ${await steps.kill(() => chooser.next())}`);
    else await steps.act(chooser, options.races ?? 0);
    if (act % 1000 === 0) options.progress?.(`${act} acts, ${world.today}, ${walker.mismatches.length} mismatches`);
    if (walker.mismatches.length > (options.mismatchesMax ?? 20)) break;
  }
  await steps.compareAll();
  return walker;
}

/** Events beside the acts of officers. */
class Steps {
  #calendars = 0;
  #kills = 0;

  constructor(
    private readonly bus: WalkBus,
    private readonly world: World,
    private readonly random: SeededRandom,
    private readonly walker: Walker,
  ) {}

  /** Time passes, events are delivered, and what comes only later comes. */
  async beside(progress: number): Promise<void> {
    const { random, world, walker } = this;
    if (random.chance(0.03)) {
      const hour = random.pick(['10:00:00', '00:00:00', '23:00:00']);
      const days = random.pick(DAYS);
      if (days > 0) await walker.passTo(plusDays(world.today, days), hour);
    }
    if (random.chance(0.07)) await this.#deliver();
    if (progress > 0.3 && !world.bodies.has(FUZHOU)) await this.#body();
    if (world.today > '2026-11-20' && this.#calendars === 0) await this.#calendar([]);
    if (world.today > '2027-03-01' && this.#calendars === 1) await this.#calendar(['2027-03-31', '2027-04-30']);
  }

  /** Mostly one act, sometimes two at once. */
  async act(chooser: Chooser, races: number): Promise<void> {
    const pair = this.random.chance(races) ? chooser.pair() : undefined;
    if (pair) await this.walker.race(pair);
    else await this.walker.do(chooser.next());
  }

  /** Mostly an event and a page of a grant that delivers, sometimes of one that has nothing or must not. */
  async #deliver(): Promise<void> {
    const { random, world, walker } = this;
    const published = [...world.of('grants')].filter((grant) => isPublished(world, grant));
    const waiting = published.filter((grant) => delivers(world, grant));
    const some = waiting.length > 0 && random.chance(0.75) ? waiting : published;
    if (some.length === 0) return;
    const grant = random.pick(some);
    if (random.chance(0.8)) await walker.deliveries.publish(grant);
    await walker.deliveries.read(grant);
  }

  async #body(): Promise<void> {
    await this.bus.clients[0]!.act('feng', '/v1/bodies', { name: { en: 'body' }, contact: '0591', head: 'fei' });
    this.world.bodies.add(FUZHOU);
  }

  async #calendar(more: readonly string[]): Promise<void> {
    const off = ['2027-01-01', '2027-02-08', '2027-02-09', '2027-02-10', '2027-02-11', '2027-02-12', ...more];
    const document = { region: '000000', year: 2027, document: `No. ${++this.#calendars}`, off, on: ['2027-02-06'] };
    const { recomputed } = await this.walker.client.act('huang', '/v1/calendars', document);
    this.world.calendar.take(document);
    const listed = (moved: { id: string; clock: string; from: string; to: string }[]): string[] =>
      moved.map(({ id, clock, from, to }) => `${id} ${clock} ${from} ${to}`).sort();
    const model = listed(recountAll(this.world));
    // biome-ignore lint/suspicious/noExplicitAny: as a client reads it
    const bus = listed(recomputed.map(({ file, ...one }: any) => ({ ...one, id: file.id })));
    this.walker.expectSame('recomputed', model, bus);
  }

  /** Kills a broker while an act is in flight; the same act, by its key, goes to another one. Returns how long each part took. */
  async kill(next: () => Parameters<Walker['do']>[0]): Promise<string> {
    const { bus, random, walker } = this;
    const took = stopwatch();
    const index = random.between(0, bus.clients.length - 1);
    const hit = async (): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, random.between(0, STRIKE_MS_MAX)));
      await bus.kill?.(index);
    };
    await walker.do(next(), { index, hit });
    const acted = took();
    const isFresh = random.chance(0.5);
    await bus.restart?.(index, isFresh);
    const restarted = took();
    // A client that reads everything, and one more each time: the end has them all.
    const readers = [READERS[0] as string, READERS[1 + (this.#kills++ % (READERS.length - 1))] as string];
    await walker.compareLists(`of broker ${index} after a kill`, bus.clients[index]!, readers);
    const how = isFresh ? 'without its projection' : 'with its projection';
    return `broker ${index} killed: act ${acted} ms, start ${how} ${restarted} ms, comparison ${took()} ms`;
  }

  /** All lists of all brokers, and every file by itself. */
  async compareAll(): Promise<void> {
    this.walker.coverage.countBus(this.world.files.values());
    for (const client of this.bus.clients) await this.walker.compareLists('at the end', client);
    const readings = [...ownReadings(this.world)];
    for (let from = 0; from < readings.length; from += LOOKS_AT_ONCE) {
      const some = readings.slice(from, from + LOOKS_AT_ONCE);
      await Promise.all(some.map(([officer, file]) => this.walker.look(officer, file)));
    }
  }
}

/** Milliseconds since it was made, or last asked. */
function stopwatch(): () => number {
  let sinceMs = performance.now();
  return () => {
    const before = sinceMs;
    sinceMs = performance.now();
    return Math.round(sinceMs - before);
  };
}

const isPublished = (world: World, { entry, grantKind }: GrantFile): boolean => {
  const version = world.find('catalog', entry);
  if (!version?.published || version.state === 'withdrawn') return false;
  return grantKind !== 'backflow' || version.published.text.items.includes(REGION);
};
