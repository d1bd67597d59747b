import type { Test } from 'tap';
import type { ConnectorContext } from '../runtime/connector-context.js';
import { runSource } from '../runtime/source/run-source.js';
import type { Source } from '../runtime/source/source.js';
import { eventually, foldDelivered, type Lane, metricValue, type Person, person, sortPeople } from './lane.js';

/** A system that holds people, and ways to disturb it. */
export interface SourceSite {
  /** Creates the source as a new process would. The name in the context decides whose state it resumes from. */
  create(context: ConnectorContext): Source;
  /** Creates or changes records in one step. */
  put(people: readonly Person[]): Promise<void>;
  remove(id: string): Promise<void>;
  /** Adds a record that the system accepts and the catalog refuses: its age is negative. */
  putPoison(id: string): Promise<void>;
  /** Makes the system unreachable. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
}

export interface SourceHarness {
  /** Creates a lane on the running bus. */
  lane(t: Test): Promise<Lane>;
  /** Creates an empty system whose source publishes the entry of the lane. */
  site(t: Test, lane: Lane): Promise<SourceSite>;
}

/** Lower than the usual bound, so that a smaller flood shows it; some full batches are in flight at once. */
const PENDING_EVENTS_MAX = 3_000;
/** With one batch more. */
const PENDING_MAX = 4_000;
const FLOOD = 5_000;

/** The tests of what a source reads: all that another format of the same source can change. */
export function sourceReading(t: Test, harness: SourceHarness): void {
  const scene = async (t: Test) => new Scene(t, await harness.lane(t), harness).begin();

  t.test('a source publishes existing records, then every change in order', async (t) => {
    const { site, run, settles, lane } = await scene(t);
    await site.put([person(1), person(2), person(3)]);
    run();
    await settles([person(1), person(2), person(3)]);
    await site.put([person(2, { age: 70, district: 'd9' })]);
    await site.put([person(4)]);
    await site.remove(person(1).id);
    await settles([person(2, { age: 70, district: 'd9' }), person(3), person(4)]);
    const subjects = (await lane.delivered()).filter(({ op }) => op === 'delete' || op === 'update');
    t.same(
      subjects.map(({ op, subject }) => `${op} ${subject}`),
      [`update ${person(2).id}`, `delete ${person(1).id}`],
    );
  });

  t.test('a source publishes previous images, so that a subscriber by rows gets the leave of a record', async (t) => {
    const { site, run, settles, lane } = await scene(t);
    await site.put([person(2), person(5)]);
    run();
    await settles([person(2), person(5)]);
    await site.put([person(2, { district: 'd0' })]);
    await site.remove(person(5).id);
    await settles([person(2, { district: 'd0' })]);
    t.same(foldDelivered(await lane.deliveredOfD2()), []);
  });
}

/** The tests that every source passes. Each has its own lane and source system. */
export function sourceConformance(t: Test, harness: SourceHarness): void {
  sourceReading(t, harness);
  const scene = async (t: Test) => new Scene(t, await harness.lane(t), harness).begin();

  t.test('after a refused change the next one has the last accepted district as previous image', async (t) => {
    const { site, run, settles, lane, context } = await scene(t);
    await site.put([person(2)]);
    const running = run();
    await settles([person(2)]);
    await site.putPoison(person(2).id);
    await eventually(async () => (await lane.quarantined()) >= 1, 'the refusal');
    await running.stop();
    run();
    await site.put([person(2, { district: 'd0' })]);
    await settles([person(2, { district: 'd0' })]);
    t.same(foldDelivered(await lane.deliveredOfD2()), []);
    t.equal(await lane.metricFlaws(context), '', 'promtool finds nothing to object to in its metrics');
  });

  t.test('a stopped source publishes nothing more', async (t) => {
    const { site, run, settles, lane } = await scene(t);
    await site.put([person(1)]);
    const running = run();
    await settles([person(1)]);
    await running.stop();
    await site.put([person(2)]);
    t.same(foldDelivered(await lane.delivered()), [person(1)]);
  });

  t.test('a source resumes after a stop and publishes no change twice', async (t) => {
    const { site, run, settles, lane } = await scene(t);
    const people = Array.from({ length: 60 }, (_none, number) => person(number));
    await site.put(people.slice(0, 20));
    for (const [stopAfter, more] of [
      [3, people.slice(20, 30)],
      [25, people.slice(30, 45)],
      [41, people.slice(45)],
    ] as const) {
      const running = run();
      await eventually(async () => (await lane.delivered()).length >= stopAfter, `${stopAfter} events`);
      await running.stop();
      await site.put(more);
    }
    run();
    await settles(people);
    const created = (await lane.delivered()).filter(({ op }) => op === 'create').map(({ subject }) => subject);
    t.equal(new Set(created).size, created.length, 'no record was created twice');
  });

  t.test('a restarted source publishes only new changes', async (t) => {
    const { site, run, settles, snapshotEnds, lane, allConfirmed } = await scene(t);
    await site.put([person(1), person(2)]);
    const running = run();
    await settles([person(1), person(2)]);
    await snapshotEnds();
    await allConfirmed();
    await running.stop();
    const before = (await lane.delivered()).length;
    run();
    await site.put([person(3)]);
    await settles([person(1), person(2), person(3)]);
    const after = (await lane.delivered()).slice(before).map(({ op, subject }) => `${op} ${subject}`);
    t.same(after, [`create ${person(3).id}`], 'progress was kept: no new epoch, no second snapshot');
  });

  t.test('changes read and not confirmed are published after a restart', async (t) => {
    const { site, run, settles, lane, context, allConfirmed } = await scene(t);
    await site.put([person(1), person(2)]);
    const running = run();
    await settles([person(1), person(2)]);
    await allConfirmed();
    await lane.cut();
    await site.put([person(1, { age: 5 }), person(3)]);
    await site.remove(person(2).id);
    await eventually(async () => ((await metricValue(context, 'pending_events')) ?? 0) > 0, 'events to wait');
    await running.stop();
    await lane.restore();
    run();
    await settles([person(1, { age: 5 }), person(3)]);
  });

  t.test('a source waits while its system is unreachable', async (t) => {
    const { site, run, settles, context } = await scene(t);
    await site.put([person(1)]);
    run();
    await settles([person(1)]);
    await site.goAway();
    await eventually(async () => (await metricValue(context, 'up', 'side="peer"')) === 0, 'the metric to report it');
    await site.comeBack();
    await site.put([person(2)]);
    await settles([person(1), person(2)]);
    t.equal(await metricValue(context, 'up', 'side="peer"'), 1);
  });

  t.test('a source waits while the bus is unreachable', async (t) => {
    const { site, run, settles, lane, context } = await scene(t);
    await site.put([person(1)]);
    run();
    await settles([person(1)]);
    await lane.cut();
    await site.put([person(2)]);
    await site.put([person(1, { age: 5 })]);
    await eventually(async () => (await metricValue(context, 'up', 'side="bus"')) === 0, 'the metric to report it');
    await lane.restore();
    await settles([person(1, { age: 5 }), person(2)]);
  });

  t.test('a record that the catalog refuses goes to quarantine and later ones are published', async (t) => {
    const { site, run, settles, lane, context } = await scene(t);
    run();
    await site.put([person(1)]);
    await site.putPoison('p-poison');
    await site.put([person(2)]);
    await settles([person(1), person(2)]);
    const kept = await lane.quarantined();
    t.ok(kept === 1 || kept === 2, `once, or twice when a running snapshot contained it too: ${kept}`);
    // It is counted when the response is processed, which may be after the event is visible in quarantine.
    await eventually(async () => (await metricValue(context, 'events_total', 'quarantined')) === kept, 'its count');
  });

  t.test('a source holds a bounded number of events while the bus is unreachable', async (t) => {
    const { site, run, settles, lane, context, allConfirmed } = await scene(t);
    await site.put([person(0)]);
    run();
    await settles([person(0)]);
    await lane.cut();
    const people = Array.from({ length: FLOOD }, (_none, number) => person(number));
    await site.put(people);
    await eventually(async () => ((await metricValue(context, 'pending_events')) ?? 0) > 0, 'events to wait');
    let most = 0;
    for (let look = 0; look < 20; look++) {
      most = Math.max(most, (await metricValue(context, 'pending_events')) ?? 0);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    t.ok(most <= PENDING_MAX, `${most} events were pending`);
    await lane.restore();
    await settles(people);
    await allConfirmed();
  });

  t.test('a source reports progress and lag in its metrics', async (t) => {
    const { site, run, settles, context, source } = await scene(t);
    await site.put([person(1)]);
    run();
    await settles([person(1)]);
    await eventually(async () => ((await metricValue(context, 'events_total', 'stored')) ?? 0) >= 1, 'events counted');
    await eventually(async () => ((await metricValue(context, 'progress_timestamp_seconds')) ?? 0) > 0, 'progress');
    await eventually(async () => (await source()?.lag())?.amount === 0, 'no lag when the last write is done');
    t.equal(await metricValue(context, 'position{'), undefined, 'positions are of sinks');
  });
}

/** One system, one lane, and a source between them that can be stopped and created again. */
class Scene {
  site!: SourceSite;
  readonly context: ConnectorContext;
  #source: Source | undefined;

  constructor(
    private readonly t: Test,
    readonly lane: Lane,
    private readonly harness: SourceHarness,
  ) {
    this.context = { ...lane.sourceContext('conformance'), pendingEventsMax: PENDING_EVENTS_MAX };
  }

  async begin(): Promise<Scene> {
    this.site = await this.harness.site(this.t, this.lane);
    return this;
  }

  readonly source = (): Source | undefined => this.#source;

  readonly run = (): { stop(): Promise<void> } => {
    const ending = new AbortController();
    const source = this.site.create(this.context);
    this.#source = source;
    const done = runSource(source, this.context, ending.signal).then(
      () => source[Symbol.asyncDispose](),
      async (error) => {
        await source[Symbol.asyncDispose]();
        throw error;
      },
    );
    done.catch((error) => this.t.fail(`the source ended with ${String(error)}`));
    const stop = (): Promise<void> => {
      ending.abort();
      return done.catch(() => undefined);
    };
    this.t.teardown(stop);
    return { stop };
  };

  readonly allConfirmed = (): Promise<void> =>
    eventually(async () => (await metricValue(this.context, 'pending_events')) === 0, 'nothing to be pending');

  /** A snapshot may end only when the source has found that nothing more belongs to it. */
  readonly snapshotEnds = (): Promise<void> =>
    eventually(async () => {
      const ops = (await this.lane.delivered()).map(({ op }) => op);
      const count = (op: string): number => ops.filter((one) => one === op).length;
      return count('snapshot_begin') === count('snapshot_end');
    }, 'the end of the snapshot');

  /** Waits until the delivered events amount to exactly these people. */
  readonly settles = async (people: readonly Person[]): Promise<void> => {
    const wanted = sortPeople(people);
    const text = JSON.stringify(wanted);
    let found: Person[] = [];
    let seen = -1;
    try {
      await eventually(async () => {
        const events = await this.lane.delivered();
        if (events.length === seen) return false;
        seen = events.length;
        found = foldDelivered(events);
        return JSON.stringify(found) === text;
      }, `${people.length} records to arrive`);
    } catch {
      this.t.same(found, wanted, 'the delivered events amount to the records of the source');
    }
    this.t.pass(`${people.length} records have arrived`);
  };
}
