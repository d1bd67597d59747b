import type { Test } from 'tap';
import type { SourceEvent } from '../../proto/event/event.js';
import type { ConnectorContext } from '../runtime/connector-context.js';
import { runSink } from '../runtime/sink/run-sink.js';
import type { Sink } from '../runtime/sink/sink.js';
import { eventually, type Lane, metricValue, type Person, person, sortPeople } from './lane.js';

/** A system that receives people, and ways to disturb it. */
export interface SinkSite {
  /** Creates the sink as a new process would. */
  create(context: ConnectorContext, lane: Lane): Sink;
  /** The people that it holds; for a sink that forwards events, the result of applying them. */
  people(): Promise<Person[]>;
  /** Makes the system unreachable. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  /** A record that the bus accepts and this sink can never store; undefined when there is none. */
  poison: Person | undefined;
}

export interface SinkHarness {
  lane(t: Test): Promise<Lane>;
  site(t: Test): Promise<SinkSite>;
}

/** The tests that every sink passes. Each has its own lane and receiving system. */
export function sinkConformance(t: Test, harness: SinkHarness): void {
  const scene = async (t: Test) => {
    const lane = await harness.lane(t);
    return new Scene(t, lane, await harness.site(t));
  };

  t.test('a sink stores created, changed and deleted records', async (t) => {
    const { run, publish, settles, lane, context } = await scene(t);
    run();
    await publish.create(person(1), person(2), person(3));
    await settles([person(1), person(2), person(3)]);
    await publish.update(person(2), person(2, { age: 70, name: '陈小明' }));
    await publish.remove(person(3));
    await settles([person(1), person(2, { age: 70, name: '陈小明' })]);
    t.equal(await lane.metricFlaws(context), '', 'promtool finds nothing to object to in its metrics');
  });

  t.test('a sink drops records that a snapshot does not contain', async (t) => {
    const { run, publish, settles } = await scene(t);
    run();
    await publish.create(person(1), person(2), person(3));
    await settles([person(1), person(2), person(3)]);
    await publish.snapshot([person(2, { age: 80 }), person(4)]);
    await settles([person(2, { age: 80 }), person(4)]);
  });

  t.test('a sink resumes after a stop without loss or repeat', async (t) => {
    const { run, publish, settles, site } = await scene(t);
    const people = Array.from({ length: 150 }, (_none, number) => person(number));
    await publish.create(...people);
    for (const enough of [1, 50, 100]) {
      const running = run();
      await eventually(async () => (await site.people()).length >= enough, `${enough} records`);
      await running.stop();
    }
    await publish.update(person(7), person(7, { age: 1 }));
    run();
    await settles(people.map((one) => (one.id === person(7).id ? person(7, { age: 1 }) : one)));
  });

  t.test('a sink waits while its system is unreachable', async (t) => {
    const { run, publish, settles, site, context } = await scene(t);
    run();
    await publish.create(person(1));
    await settles([person(1)]);
    await site.goAway();
    await publish.create(person(2));
    await eventually(
      async () => ((await metricValue(context, 'waits_total', 'peer')) ?? 0) > 0,
      'the metric to report it',
    );
    await site.comeBack();
    await settles([person(1), person(2)]);
  });

  t.test('a sink waits while the bus is unreachable', async (t) => {
    const { run, publish, settles, lane, context } = await scene(t);
    run();
    await publish.create(person(1));
    await settles([person(1)]);
    await lane.cut();
    await eventually(async () => (await metricValue(context, 'up', 'side="bus"')) === 0, 'the metric to report it');
    await publish.create(person(2));
    await lane.restore();
    await settles([person(1), person(2)]);
  });

  t.test('an event that a sink can never store becomes a dead letter and later events are stored', async (t) => {
    const { run, publish, settles, site, lane, context } = await scene(t);
    if (!site.poison) {
      t.pass('this sink stores every event that the bus accepts');
      return;
    }
    run();
    await publish.create(person(1), site.poison, person(2));
    await settles([person(1), person(2)]);
    await eventually(async () => (await lane.deadLetters()) === 1, 'the dead letter');
    t.equal(await metricValue(context, 'events_total', 'dead_letter'), 1);
    await publish.update(site.poison, site.poison);
    await eventually(async () => (await lane.deadLetters()) === 2, 'the dead letter of the last event');
    await eventually(async () => (await metricValue(context, 'lag_seconds')) === 0, 'no lag behind a dead letter');
  });

  t.test('a sink stores a backlog of more events than its credit', async (t) => {
    const { run, publish, settles } = await scene(t);
    const people = Array.from({ length: 2_500 }, (_none, number) => person(number));
    await publish.create(...people);
    run();
    await settles(people);
  });

  t.test('a sink reports progress and lag in its metrics', async (t) => {
    const { run, publish, settles, context } = await scene(t);
    run();
    await publish.create(person(1));
    await settles([person(1)]);
    await eventually(async () => ((await metricValue(context, 'events_total', 'written')) ?? 0) >= 1, 'events counted');
    t.ok(((await metricValue(context, 'position')) ?? 0) >= 1, 'the position');
    await eventually(async () => (await metricValue(context, 'lag_seconds')) === 0, 'no lag when all is written');
    t.equal(await metricValue(context, 'lag{', 'unit="seconds"'), 0, 'under its old name as well');
  });
}

class Scene {
  readonly context: ConnectorContext;
  readonly publish: PeoplePublisher;

  constructor(
    private readonly t: Test,
    readonly lane: Lane,
    readonly site: SinkSite,
  ) {
    this.context = lane.sinkContext('conformance');
    this.publish = new PeoplePublisher(lane);
  }

  readonly run = (): { stop(): Promise<void> } => {
    const ending = new AbortController();
    const sink = this.site.create(this.context, this.lane);
    const done = runSink(sink, { grant: this.lane.grant }, this.context, ending.signal).finally(() =>
      sink[Symbol.asyncDispose](),
    );
    done.catch((error) => this.t.fail(`the sink ended with ${String(error)}`));
    const stop = (): Promise<void> => {
      ending.abort();
      return done.catch(() => undefined);
    };
    this.t.teardown(stop);
    return { stop };
  };

  readonly settles = async (people: readonly Person[]): Promise<void> => {
    const wanted = sortPeople(people);
    const text = JSON.stringify(wanted);
    let found: Person[] = [];
    try {
      await eventually(async () => {
        found = sortPeople(await this.site.people());
        return JSON.stringify(found) === text;
      }, `${people.length} records`);
    } catch {
      this.t.same(found, wanted, 'the sink holds what was published');
    }
    this.t.pass(`${people.length} records are there`);
  };
}

/** Publishes people as a source would. */
class PeoplePublisher {
  #next = 1;

  constructor(private readonly lane: Lane) {}

  create(...people: Person[]): Promise<void> {
    return this.lane.publish(people.map((one) => this.#event('create', one)));
  }

  update(before: Person, after: Person): Promise<void> {
    return this.lane.publish([{ ...this.#event('update', after), previous: { district: before.district } }]);
  }

  remove({ id, district }: Person): Promise<void> {
    const { data: _none, ...event } = this.#event('delete', person(0, { id }));
    return this.lane.publish([{ ...event, previous: { district } }]);
  }

  snapshot(people: readonly Person[]): Promise<void> {
    const edge = (op: 'snapshot_begin' | 'snapshot_end'): SourceEvent => {
      const { data: _none, subject: _neither, ...event } = this.#event(op, person(0));
      return event;
    };
    const events = [edge('snapshot_begin'), ...people.map((one) => this.#event('snapshot', one)), edge('snapshot_end')];
    return this.lane.publish(events.map((event) => ({ ...event, snapshotid: 's1' })));
  }

  #event(op: SourceEvent['op'], one: Person): SourceEvent {
    return {
      specversion: '1.0',
      id: `t-${this.#next++}`,
      type: this.lane.entry,
      op,
      subject: one.id,
      data: { ...one },
    };
  }
}
