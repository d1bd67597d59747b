import { randomUUID } from 'node:crypto';
import { eventually } from '../../condition.js';
import { RawRefusal, RawSession } from '../../raw-client/raw-client.js';
import type { RawSubscription } from '../../raw-client/raw-subscription.js';
import type { SeededRandom } from '../../seeded-random.js';
import type { Body, LawfulClient } from '../lawful-bus.js';
import { accept, acknowledge, delivers } from '../model/deliveries.js';
import type { GrantFile, StopScope } from '../model/files.js';
import type { Verdict } from '../model/judge.js';
import type { Act } from '../model/rules.js';
import { stopTargetOf } from '../model/stops.js';
import type { ModelOfficer, World } from '../model/world.js';
import type { Difference } from './compare/difference.js';
import { REGION } from './documents.js';
import type { LogOfActs } from './log-of-acts.js';
import type { WalkBus } from './walk-bus.js';

interface DeliveryDeps {
  bus: WalkBus;
  world: World;
  random: SeededRandom;
  log: LogOfActs;
  /** Another broker each time. */
  client(): LawfulClient;
  note(act: object, found: Difference[], file: GrantFile, body: Body): void;
}

/** A grant that delivers, followed on every broker until an act ends that. */
export interface Watched {
  /** Compares the ends of the subscriptions. */
  ended(): Promise<void>;
  close(): void;
}

interface Followed {
  session: RawSession;
  subscription: RawSubscription;
}

/** A broker shows within this what another has acknowledged. */
const CAUGHT_UP_MS = Number(process.env.SLUICE_WALK_CAUGHT_UP_MS || 15_000);
/** A frame that was sent has come within this. */
const FRAME_MS = 5_000;
const POLL_MS = 25;
/** Acts under whose effect deliveries end, by `kind act`. */
const ENDING = ['stops create', 'grants suspend', 'cases suspend', 'grants dispose'];
const REFUSED = 'GRANT_NOT_IN_FORCE';

/** Deliveries under the grants of a walk, compared with those of the model. */
export class Deliveries {
  constructor(private readonly deps: DeliveryDeps) {}

  /** An event of a grant's entry is accepted, whatever its state. */
  async publish({ entry, provider }: GrantFile): Promise<string> {
    const { world, log } = this.deps;
    const items = world.get('catalog', entry).published!.text.items;
    const [source] = [...world.sources].find(([, party]) => party === provider)!;
    const key = randomUUID();
    const hasRegion = items.includes(REGION);
    log.write({ event: key, entry });
    const event = { specversion: '1.0', id: key, type: entry, op: 'create', subject: key };
    const data = { idNumber: key, ...(hasRegion && { [REGION]: '350100' }) };
    const sent = await this.deps.client().as(source, 'POST', '/v1/events', { ...event, data });
    if (sent.status >= 300) throw new Error(`event of ${entry}: ${JSON.stringify(sent.body)}`);
    accept(world, entry, { key, hasRegion });
    return key;
  }

  /** The receiving system reads a page of the grant and mostly acknowledges it. What has ended stays so on every broker. */
  async read(grant: GrantFile): Promise<void> {
    const { world, log, random } = this.deps;
    const expected = delivers(world, grant);
    const acknowledges = grant.state === 'provisioning' || random.chance(0.7);
    log.write({ page: grant.id, expected });
    const giveUpAt = Date.now() + CAUGHT_UP_MS;
    for (;;) {
      const { status, body } = await this.#page(grant);
      const found = expected ? this.#missing(grant, status, body) : this.#beyond(status, body);
      if (found.length === 0) {
        if (expected && acknowledges) await this.#acknowledge(grant, body);
        return;
      }
      if (!expected || Date.now() > giveUpAt) {
        this.deps.note({ act: `page of ${grant.id}` }, found, grant, body);
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Follows a grant that the act ends, on every broker; undefined where it ends none. */
  async watch(act: Act, { refusal }: Verdict, officer: ModelOfficer | undefined): Promise<Watched | undefined> {
    const { bus, log } = this.deps;
    if (refusal || !officer || !ENDING.includes(`${act.kind} ${act.act}`)) return undefined;
    const concerned = this.#concerned(act, officer);
    if (concerned.length === 0) return undefined;
    const grant = this.deps.random.pick(concerned);
    log.write({ watched: grant.id });
    const followed: Followed[] = [];
    const close = (): void => {
      for (const { session } of followed) session.cut();
    };
    for (const [index, client] of bus.clients.entries()) {
      const one = await this.#follow(grant, index, client);
      if (!one) {
        close();
        return undefined;
      }
      followed.push(one);
    }
    return { close, ended: () => this.#compareEnds(grant, followed) };
  }

  /** A subscription on one broker; undefined, and noted, where the bus refuses it. */
  async #follow({ id: grant, system }: GrantFile, index: number, client: LawfulClient): Promise<Followed | undefined> {
    const token = client.tokens.get(system) as string;
    const session = await RawSession.open({ url: client.address(), token, encoding: 'sluice.v1.json' });
    const subscription = await subscribed(session, { grant, cursor: `watch-${index}` });
    if (typeof subscription !== 'string') return { session, subscription };
    session.cut();
    const found = [{ what: 'subscription', model: 'subscribed', bus: subscription }];
    this.deps.note({ act: `subscribe to ${grant}` }, found, this.deps.world.get('grants', grant), undefined);
    return undefined;
  }

  async #compareEnds(grant: GrantFile, followed: readonly Followed[]): Promise<void> {
    const { bus, random, world } = this.deps;
    if (!world.find('grants', grant.id)) return;
    // An event must not go out, and no event is needed for the end.
    const late = random.chance(0.5) ? await this.publish(grant) : undefined;
    for (const client of bus.clients) await this.#compareRefusal(grant, client);
    for (const [index, { subscription }] of followed.entries()) {
      await this.#compareEnd(grant, index, subscription);
      this.#compareLate(grant, subscription, late);
    }
  }

  async #compareEnd(grant: GrantFile, index: number, subscription: RawSubscription): Promise<void> {
    await eventually(() => subscription.ended !== undefined, 'the end of a subscription', FRAME_MS).catch(() => {});
    const code = subscription.ended?.code;
    if (code === 'REVOKED') return;
    const found = [{ what: `end on broker ${index}`, model: 'REVOKED', bus: code ?? 'none' }];
    this.deps.note({ act: `subscription to ${grant.id}` }, found, grant, undefined);
  }

  /** Nothing that comes after the answer goes out. */
  #compareLate(grant: GrantFile, { events }: RawSubscription, key: string | undefined): void {
    if (!events.some(({ subject }) => subject === key)) return;
    const found = [{ what: 'delivered after the answer', model: 'nothing', bus: key }];
    this.deps.note({ act: `subscription to ${grant.id}` }, found, grant, undefined);
  }

  /** A page is refused by every broker as soon as the act is answered. */
  async #compareRefusal(grant: GrantFile, client: LawfulClient): Promise<void> {
    const { status, body } = await this.#page(grant, client);
    const found = this.#beyond(status, body);
    if (found.length > 0) this.deps.note({ act: `page of ${grant.id}` }, found, grant, body);
  }

  #concerned({ kind, id, body }: Act, officer: ModelOfficer): GrantFile[] {
    const { world } = this.deps;
    const isConcerned: Readonly<Record<StopScope, (grant: GrantFile, target: string) => boolean>> = {
      entry: ({ entry }, target) => entry === target,
      system: ({ system }, target) => system === target,
      party: ({ provider, demand }, target) => [provider, demand].includes(target),
      node: () => true,
    };
    const all = [...world.of('grants')].filter((grant) => delivers(world, grant));
    if (kind === 'grants') return all.filter((grant) => grant.id === id);
    if (kind === 'cases') return all.filter((grant) => grant.id === world.find('cases', id)?.grant);
    const { scope, target } = stopTargetOf(world, officer, body);
    return all.filter((grant) => isConcerned[scope](grant, target as string));
  }

  #page({ id, system }: GrantFile, client = this.deps.client()) {
    return client.as(system, 'GET', `/v1/grants/${id}/events?cursor=main`);
  }

  #missing({ deliveries: { due, over } }: GrantFile, status: number, body: Body): Difference[] {
    if (!Array.isArray(body)) return [{ what: 'page', model: 200, bus: [status, body] }];
    const keys = keysOf(body);
    const missing = due.filter(({ key }) => !keys.includes(key)).map(({ key }) => key);
    const again = keys.filter((key) => over.has(key));
    return [
      ...(missing.length > 0 ? [{ what: 'delivered', model: missing, bus: keys }] : []),
      ...(again.length > 0 ? [{ what: 'never delivered', model: again, bus: keys }] : []),
    ];
  }

  #beyond(status: number, body: Body): Difference[] {
    const isRefused = status === 403 && body?.code === REFUSED;
    return isRefused ? [] : [{ what: 'page', model: REFUSED, bus: body?.code ?? status }];
  }

  async #acknowledge(grant: GrantFile, page: Body): Promise<void> {
    const position = page.findLast((line: Body) => line.data)?.position;
    if (position === undefined) return;
    await this.deps.client().act(grant.system, `/v1/grants/${grant.id}/cursors/main`, { position });
    acknowledge(this.deps.world, grant, keysOf(page));
  }
}

const keysOf = (page: Body): string[] => page.filter((line: Body) => line.data).map(({ subject }: Body) => subject);

/** Subscribes as soon as the broker has the grant; the code of the refusal when it does not let the system do so. */
async function subscribed(
  session: RawSession,
  wanted: { grant: string; cursor: string },
): Promise<RawSubscription | string> {
  const giveUpAt = Date.now() + CAUGHT_UP_MS;
  for (;;) {
    try {
      return await session.subscribe(wanted);
    } catch (error) {
      if (!(error instanceof RawRefusal)) throw error;
      if (Date.now() > giveUpAt) return error.message;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
