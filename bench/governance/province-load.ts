import { provinceSystems, RATE, SESSIONS, ZIPF } from '../documents/province.js';
import type { BenchRun } from '../harness/bench-run.js';
import { hold, type LoadedBus, warmUp } from '../harness/held-load.js';
import { targetsOf } from '../harness/province-bus.js';
import { Source } from '../harness/source.js';
import { SubscriberGroup } from '../harness/subscriber-group.js';
import type { BrokerProcess } from '../processes/broker-process.js';
import { entryIdsOf, type FillSize, grantsOf, sourceTokens } from './filled-plan.js';
import { FILLER_COUNT } from './seed-documents.js';

/** The load of `province` on a filled bus: its systems follow their grants, its departments publish. */
export class ProvinceLoad {
  private constructor(
    private readonly run: BenchRun,
    private readonly bus: LoadedBus,
    /** Events per second that make the deliveries of a province, or of the share of it that was filled. */
    readonly rate: number,
    readonly deliveriesPerEvent: number,
  ) {}

  static async open(
    run: BenchRun,
    broker: BrokerProcess,
    { size, tokens }: { size: FillSize; tokens: Record<string, string> },
  ): Promise<ProvinceLoad> {
    const { grants, deliveriesPerEvent, fastPerEvent } = grantsOf(size);
    const followed = grants.map(({ id, system }) => ({ id: `gr-${id}`, system }));
    const systems = provinceSystems(size.sessions);
    const targets = targetsOf(broker.url, followed, systems, (system) => tokens[system] as string);
    const group = await SubscriberGroup.openSluice(run, targets);
    run.note(`${size.sessions} sessions are connected`);
    // Ids of an earlier run on this folder must not come again.
    const plan = { entries: entryIdsOf(size), zipf: ZIPF, codes: 50, prefix: `g${Date.now()}`, fillers: FILLER_COUNT };
    const source = await Source.overSockets(run, broker.url, plan, sourceTokens(size, tokens));
    const bus = { broker, group, source, sessions: size.sessions, fastPerEvent };
    const rate = (RATE * (size.sessions / SESSIONS)) / deliveriesPerEvent;
    await warmUp(bus, rate);
    return new ProvinceLoad(run, bus, rate, deliveriesPerEvent);
  }

  /** Holds the rate for so long. */
  hold(seconds: number): ReturnType<typeof hold> {
    return hold(this.run, this.bus, { rate: this.rate, seconds });
  }
}
