import { expectedEvents } from '../../broker/leak-check/allowed/allowed-events.js';
import type { GrantDocument } from '../../proto/entry/grant.js';
import type { From } from '../../proto/frames/frames.js';
import { RawSession } from '../support/raw-client/raw-client.js';
import { OVERTAKEN, RawFollower } from '../support/raw-client/raw-follower.js';
import { applyBundle, mustCall } from '../support/raw-client/raw-http.js';
import { RawLink } from '../support/raw-client/raw-link.js';
import { judge } from './judge.js';
import { isRightAfterRetry, isRightAnswer, ModelIntake } from './model/model-intake.js';
import type { OracleBus } from './oracle-bus.js';
import { type Published, publishBy, type RouteDeps } from './publish-route.js';
import { ScenarioGrants } from './stories/grant-documents.js';
import type { Route, Scenario, ScenarioFollower, Step } from './stories/scenario.js';
import { Story } from './stories/story.js';

/** Further calls would only take time. */
const SINGLY_MAX = 50;

interface Follower {
  spec: ScenarioFollower;
  raw: RawFollower;
  latestFloor: number;
}

/** Runs one scenario on a real bus and judges what each follower received by the model. */
export class ScenarioRun {
  readonly findings: string[] = [];
  readonly #bus: OracleBus;
  readonly #scenario: Scenario;
  readonly #story: Story;
  readonly #intake: ModelIntake;
  readonly #grants: ScenarioGrants;
  readonly #links: RawLink[];
  readonly #followers: Follower[] = [];
  readonly #control: RawFollower;
  readonly #route: RouteDeps;
  /** Times between the steps, at which no event was in flight. */
  readonly #pauses: number[] = [];
  #patienceMs = 0;
  #sourceSession: Promise<RawSession> | undefined;

  /** `name` must be unique per bus. */
  constructor(bus: OracleBus, scenario: Scenario, name: string) {
    this.#bus = bus;
    this.#scenario = scenario;
    this.#story = new Story(scenario, `${bus.publisher.party}.${name}`, bus.publisher);
    this.#intake = new ModelIntake(bus.publisher);
    this.#grants = new ScenarioGrants(scenario, bus.subscriber, name);
    const address = { url: bus.url, token: bus.subscriberToken };
    this.#links = scenario.links.map((encoding) => new RawLink({ ...address, encoding }));
    this.#control = new RawFollower({
      link: new RawLink({ ...address, encoding: 'sluice.v1.json' }),
      grant: this.#grants.controlId,
      cursor: 'control',
      from: 'earliest',
      ackPolicy: { credit: 1000, every: 100, delayMs: undefined },
      resume: 'cursor',
      cutAfter: [],
    });
    this.#route = {
      source: { url: bus.url, token: bus.sourceToken },
      encoding: scenario.links[0] ?? 'sluice.v1.json',
      entry: () => this.#story.entry,
      session: () => {
        this.#sourceSession ??= RawSession.open({ ...this.#route.source, encoding: this.#route.encoding });
        return this.#sourceSession;
      },
    };
  }

  /** Number of compared decisions, one per event and follower. */
  get pairs(): number {
    return this.#story.accepted.length * (this.#followers.length + 1);
  }

  /** Rejects with NeverHappenedError when a due event does not arrive for so long. */
  async publishStory(patienceMs: number): Promise<void> {
    this.#patienceMs = patienceMs;
    try {
      await this.#apply([this.#grants.control(this.#story.entry)]);
      this.#control.start();
      for (const [index, step] of this.#scenario.steps.entries()) {
        await this.#open(index, (since) => since === index);
        await this.#do(step, index);
      }
      const { length } = this.#scenario.steps;
      await this.#open(length, (since) => since >= length);
      await this.#meet('finale');
    } finally {
      await this.#close();
    }
    this.#judge();
  }

  /** Starts what is due before this step: grants first, then their followers. */
  async #open(index: number, isDue: (since: number) => boolean): Promise<void> {
    await this.#pause();
    const due = this.#grants.due(isDue, this.#story.entry);
    if (due.length > 0) await this.#apply(due);
    for (const spec of this.#scenario.followers) {
      const grant = this.#grants.made(spec.grant);
      const since = Math.max(spec.joins, this.#scenario.grants[spec.grant]?.since ?? 0);
      if (grant && isDue(since)) this.#follow(spec, grant, index);
    }
  }

  #follow(spec: ScenarioFollower, grant: GrantDocument, index: number): void {
    const raw = new RawFollower({
      link: this.#links[spec.link] as RawLink,
      grant: grant.id,
      cursor: `c${this.#followers.length}`,
      from: this.#from(spec, index),
      narrow: this.#grants.narrowing(spec.narrow, grant),
      ackPolicy: spec.ackPolicy,
      resume: spec.resume,
      cutAfter: spec.cutAfter,
    });
    this.#followers.push({ spec, raw, latestFloor: this.#lastPosition });
    raw.start();
  }

  /** A start before the granted history would be refused, so another one is taken. */
  #from(spec: ScenarioFollower, index: number): From {
    if (spec.from === 'cursor' || spec.from === 'earliest' || spec.from === 'latest') return spec.from;
    const looksBack = this.#scenario.grants[spec.grant]?.history === 'all';
    if (spec.from === 'time') {
      const pause = this.#pauses[index >> 1];
      return looksBack && pause !== undefined ? { time: new Date(pause).toISOString() } : 'earliest';
    }
    const { accepted } = this.#story;
    const middle = accepted[accepted.length >> 1];
    const log = this.#control.current?.subscription.subscribed.log;
    return looksBack && middle && log ? { after: middle.position, log } : 'earliest';
  }

  async #do(step: Step, index: number): Promise<void> {
    switch (step.do) {
      case 'publish':
        return this.#publish(this.#story.changes(step.changes, step.times), this.#routeOf(step));
      case 'snapshot':
        return this.#publish(this.#story.snapshot(step.changes), 'batch');
      case 'upgrade':
        if (this.#story.upgrade()) await this.#apply([]);
        return;
      case 'cut':
        return this.#links[step.link]?.cut();
      case 'settle':
        return this.#meet(`settle-${index}`);
      default:
        return this.#rule(step.do, step.grant);
    }
  }

  /** The protobuf encoding cannot express these two faults. */
  #routeOf(step: Step & { do: 'publish' }): Route {
    const isUnsayable = step.changes.some(({ fault }) => fault === 'unknown item' || fault === 'wrong type');
    return step.route === 'frame' && isUnsayable && this.#route.encoding === 'sluice.v1.protobuf'
      ? 'lines'
      : step.route;
  }

  async #publish(events: ReturnType<Story['changes']>, wanted: Route): Promise<void> {
    const route = wanted === 'singly' && events.length > SINGLY_MAX ? 'lines' : wanted;
    const published = await publishBy(route, events, this.#route);
    for (const one of published) this.#compareAnswer(one, route);
    // A retried event may have been stored behind later ones.
    this.#story.accepted.sort((a, b) => a.position - b.position);
  }

  #compareAnswer({ event, result, isUncertain }: Published, route: Route): void {
    const answer = this.#intake.answer(event, [this.#story.entry]);
    const isRight = isUncertain
      ? isRightAfterRetry(answer, result)
      : isRightAnswer(answer, result) && (answer !== 'accepted' || (result.position ?? 0) > this.#lastPosition);
    if (!isRight) {
      this.findings.push(
        `intake (${route}) must answer ${answer}, answered ${JSON.stringify(result)} to ${JSON.stringify(event)}`,
      );
    }
    const { position } = result;
    const isKnown = isUncertain && this.#story.accepted.some((one) => one.position === position);
    // An earlier source position is no duplicate while the later one awaits its retry.
    const isStored = answer === 'accepted' || (isUncertain && answer === 'duplicate' && !result.duplicate);
    if (isStored && position !== undefined && !isKnown) this.#story.accepted.push({ event, position });
  }

  async #rule(act: 'suspend' | 'restore' | 'terminate', grant: number): Promise<void> {
    const document = this.#grants.made(grant);
    if (!document || !this.#grants.rule(grant, act)) return;
    const path = `/v1/grants/${document.id}/${act}`;
    await mustCall(this.#bus.operator, 'POST', path, JSON.stringify({ reason: 'as the story goes' }));
    const concerned = this.#followers.filter(({ spec }) => spec.grant === grant).map(({ raw }) => raw);
    for (const raw of concerned) {
      if (act === 'restore') raw.start();
      else await this.#mustEnd(raw, document.id);
    }
  }

  async #mustEnd(raw: RawFollower, grant: string): Promise<void> {
    const ceiling = this.#lastPosition;
    await raw.until(
      () => !raw.isFollowing,
      () => `the end of the suspended grant ${grant}`,
      this.#patienceMs,
    );
    for (const run of raw.runs) run.ceiling ??= ceiling;
  }

  /** Publishes an event for everybody and waits until each follower has received it or started behind it. */
  async #meet(snapshotid: string): Promise<void> {
    await this.#publish([this.#story.marker(snapshotid)], 'batch');
    const position = this.#lastPosition;
    for (const raw of [this.#control, ...this.#followers.map((follower) => follower.raw)]) {
      const isBehind = () => (raw.current?.subscription.subscribed.position ?? 0) >= position;
      await raw.until(
        () => !raw.isFollowing || raw.saw((event) => event.position === position) || isBehind(),
        () => `${snapshotid} on ${raw.options.grant}: ${raw.eventsSeen} events seen, ${raw.losses.slice(-3)}`,
        this.#patienceMs,
      );
    }
  }

  async #close(): Promise<void> {
    await Promise.all([this.#control, ...this.#followers.map(({ raw }) => raw)].map((raw) => raw.stop()));
    await Promise.all([this.#control.options.link, ...this.#links].map((link) => link.close()));
    await (await this.#sourceSession)?.close();
  }

  #judge(): void {
    const { versions, accepted } = this.#story;
    const times = new Map(
      this.#control.runs.flatMap(({ subscription }) =>
        subscription.events.map(({ position, time }) => [position, time]),
      ),
    );
    const timeAt = (position: number) => times.get(position);
    for (const { raw, latestFloor } of [{ raw: this.#control, latestFloor: 0 }, ...this.#followers]) {
      const { document, historyFromMs, untilMs, mayBeRefused } = this.#grants.facts(raw.options.grant);
      const view = { grant: document, narrow: raw.options.narrow, versions, secret: this.#bus.secret };
      const events = expectedEvents(accepted, view);
      this.findings.push(...judge(raw.runs, { events, timeAt, historyFromMs, untilMs, latestFloor }));
      // An overloaded broker may refuse, and one that a new version overtakes; the follower has asked again.
      const refusals = raw.refusals.filter(
        (code) =>
          code !== 'STORE_UNAVAILABLE' && !OVERTAKEN.has(code) && !(mayBeRefused && code === 'GRANT_NOT_IN_FORCE'),
      );
      if (refusals.length > 0) this.findings.push(`grant ${document.id} was refused: ${raw.losses.join('; ')}`);
    }
  }

  async #apply(grants: GrantDocument[]): Promise<void> {
    await applyBundle(this.#bus.operator, { entries: [this.#story.entry], grants });
  }

  /** Waits for a millisecond in which no event was accepted. */
  async #pause(): Promise<void> {
    const began = Date.now();
    while (Date.now() < began + 2) await new Promise((resolve) => setTimeout(resolve, 1));
    this.#pauses.push(began + 1);
  }

  get #lastPosition(): number {
    return this.#story.accepted.at(-1)?.position ?? 0;
  }
}
