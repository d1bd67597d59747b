import { randomUUID } from 'node:crypto';
import type { SeededRandom } from '../../seeded-random.js';
import type { Answer, Body, LawfulClient } from '../lawful-bus.js';
import type { GrantFile, ModelFile } from '../model/files.js';
import { judge, type Verdict } from '../model/judge.js';
import { notifyOfRefusal } from '../model/notices.js';
import { reads } from '../model/reading.js';
import type { Act, Made } from '../model/rules.js';
import { passUntil } from '../model/time.js';
import type { ModelOfficer, World } from '../model/world.js';
import type { Difference } from './compare/difference.js';
import { differences } from './compare/files.js';
import { compareLists } from './compare/lists.js';
import { Coverage } from './coverage.js';
import { Deliveries } from './deliveries.js';
import { documentOf } from './documents.js';
import { LogOfActs } from './log-of-acts.js';
import type { WalkBus } from './walk-bus.js';

/** A broker shows within this what another has acknowledged. */
const CAUGHT_UP_MS = Number(process.env.SLUICE_WALK_CAUGHT_UP_MS || 15_000);
const POLL_MS = 25;
/** How often a file is read before an act that does not need it: each act is compared as well. */
const LOOKS = 0.4;
/** A difference is in the log of acts whole. */
const SHOWN_CHARACTERS = 2_000;
const OTHER_DIGEST = 'f'.repeat(64);
const OF_FIELDS = ['BAD_REQUEST', 'INCOMPLETE', 'NO_REASON'];
const PATHS_UNCHECKED = ['put'];

interface Request {
  method: string;
  path: string;
  body: object;
  headers: Record<string, string>;
}

interface Sent {
  answer: Answer;
  /** The first answer was lost with its broker. */
  isSentTwice: boolean;
}

/** The end of a broker while an act that was sent to it is in flight. */
export interface Strike {
  index: number;
  hit(): Promise<void>;
}

export interface Mismatch {
  act: object;
  differences: Difference[];
}

/** Does each act on the bus and in the model, and notes every difference between the two. */
export class Walker {
  readonly mismatches: Mismatch[] = [];
  readonly coverage = new Coverage();
  readonly log = new LogOfActs();
  readonly deliveries: Deliveries;
  readonly #forgotten = new Set<string>();
  #turn = 0;

  constructor(
    private readonly bus: WalkBus,
    private readonly world: World,
    private readonly random: SeededRandom,
    private readonly papers: ReadonlyMap<string, string>,
    /** Gets each difference as it is found. */
    private readonly report: (line: string) => void = () => {},
  ) {
    const { log } = this;
    const note = this.#note.bind(this);
    this.deliveries = new Deliveries({ bus, world, random, log, note, client: () => this.client });
  }

  /** Another broker each time. Nothing is drawn for it: how often one waits must not change the walk. */
  get client(): LawfulClient {
    return this.bus.clients[this.#turn++ % this.bus.clients.length] as LawfulClient;
  }

  async do(act: Act, strike?: Strike): Promise<void> {
    const { world } = this;
    const officer = this.#officerOf(act);
    const named = act.id === undefined ? undefined : world.find(act.kind, act.id);
    const needsLook = act.ifMatch || act.digest || act.plan?.newestProof || this.random.chance(LOOKS);
    const shown = officer && named && needsLook ? await this.look(officer, named) : undefined;
    if (named && !world.find(named.kind, named.id)) return;
    const request = this.#requestOf(act, shown);
    const verdict = judge(world, act);
    this.log.write({ today: world.today, ...act, expected: verdict.refusal?.code ?? verdict.rule?.number });
    const stream = act.plan?.open ? await this.#openStream(named as GrantFile) : undefined;
    const watched = strike ? undefined : await this.deliveries.watch(act, verdict, officer);
    // Events that the law has delivered and the bus does not are a difference, after which the file is forgotten.
    if (named && !world.find(named.kind, named.id)) return watched?.close();
    const { answer, isSentTwice } = await this.#send(act, request, strike);
    stream?.abort();
    this.#settle(act, isSentTwice ? sentTwice(verdict) : verdict, answer, isSentTwice);
    await watched?.ended();
    watched?.close();
  }

  /** Two acts on one file at once, by two brokers: one is judged on what the other has made. */
  async race(acts: readonly [Act, Act]): Promise<void> {
    const { world } = this;
    this.log.write({ today: world.today, race: acts });
    const answers = await Promise.all(acts.map((act) => this.#send(act, this.#requestOf(act, undefined))));
    const sent = acts.map((act, index) => ({ act, answer: answers[index]!.answer, before: judge(world, act) }));
    // Acts that were done come first, in the order of the ledger: a refusal may have been judged before or behind it.
    sent.sort((one, other) => doneAt(one.answer) - doneAt(other.answer));
    for (const [turn, { act, answer, before }] of sent.entries()) {
      if (this.#forgotten.has(`${act.kind}/${act.id}`)) break;
      const behind = judge(world, act);
      const wasFirst = turn > 0 && before.refusal && this.#judged(before, answer).length === 0;
      this.#settle(act, wasFirst ? before : behind, answer);
    }
  }

  /** Compares an answer with the verdict, and does in the model what was done. */
  #settle(act: Act, verdict: Verdict, answer: Answer, isSentTwice = false): void {
    const { world } = this;
    const named = act.id === undefined ? undefined : world.find(act.kind, act.id);
    const found = this.#judged(verdict, answer);
    if (verdict.violation) world.violate(verdict.violation);
    if (isOnRecord(verdict)) notifyOfRefusal(world, this.#officerOf(act)?.party ?? world.owner, isSentTwice);
    if (found.length === 0 && !verdict.refusal) {
      const file = verdict.apply(madeBy(answer.body));
      const officer = this.#officerOf(act) as ModelOfficer;
      if (reads(world, officer, file) && world.find(file.kind, file.id)) {
        found.push(...differences(world, officer, file, answer.body));
      }
    }
    this.coverage.count(verdict);
    if (found.length > 0) this.#note(act, found, named, answer.body);
  }

  /** Compares the view of an officer of a file, once the broker has caught up; differences are noted. */
  async look(officer: ModelOfficer, file: ModelFile, client = this.client): Promise<Body> {
    const path = file.kind === 'catalog' ? `/v1/catalog/${file.id}/file` : `/v1/${file.kind}/${file.id}`;
    const expected = reads(this.world, officer, file) ? 200 : 404;
    const giveUpAt = Date.now() + CAUGHT_UP_MS;
    for (;;) {
      const { status, body } = await client.as(officer.id, 'GET', path);
      const found: Difference[] = status === expected ? [] : [{ what: 'GET', model: expected, bus: status }];
      if (status === 200 && expected === 200) found.push(...differences(this.world, officer, file, body));
      if (found.length === 0) return expected === 200 ? body : undefined;
      if (Date.now() > giveUpAt) {
        this.#note({ who: officer.id, act: `GET ${path}` }, found, file, body);
        return status === 200 ? body : undefined;
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  expectSame(what: string, model: unknown, bus: unknown): void {
    if (JSON.stringify(model) === JSON.stringify(bus)) return;
    this.#note({ act: what }, [{ what, model, bus }], undefined, undefined);
  }

  /** Compares the lists of a broker, once it has caught up. */
  async compareLists(when: string, client: LawfulClient, readers?: readonly string[]): Promise<void> {
    const { isBeside } = this.bus;
    for (const { file, found } of await compareLists(this.world, client, { readers, isBeside })) {
      this.#note({ act: `lists ${when}` }, found, file, undefined);
    }
  }

  /** Lets the bus's time pass to 10:00 of a day, or to its beginning. */
  async passTo(day: string, hour = '10:00:00'): Promise<void> {
    this.log.write({ clock: day, hour });
    await this.client.setClock(`${day}T${hour}+08:00`);
    passUntil(this.world, day);
  }

  /** A stream of the receiving system, open until it is aborted. */
  async #openStream({ id, system }: GrantFile): Promise<AbortController> {
    const ending = new AbortController();
    const { tokens } = this.client;
    const stream = await fetch(`${this.client.address()}/v1/grants/${id}/events?cursor=main`, {
      headers: { authorization: `Bearer ${tokens.get(system)}`, accept: 'text/event-stream' },
      signal: ending.signal,
    });
    if (stream.status !== 200) throw new Error(`a stream of ${id}: ${stream.status} ${await stream.text()}`);
    return ending;
  }

  #requestOf(act: Act, shown: Body): Request {
    const headers: Record<string, string> = { 'idempotency-key': randomUUID() };
    const body = { ...act.body };
    if (act.ifMatch) headers['if-match'] = `"${(shown?.seq ?? 2) - (act.ifMatch === 'stale' ? 1 : 0)}"`;
    if (act.digest) {
      const digest = act.kind === 'grants' ? shown?.proof?.digest : shown?.digest;
      body.digest = act.digest === 'present' && digest ? digest : OTHER_DIGEST;
    }
    if (act.plan?.newestProof && typeof body.proof === 'number') {
      body.proof = shown?.history.findLast((record: Body) => record.act === 'prove')?.seq ?? 1;
    }
    if (act.act === 'put') {
      const { text, fault } = act.plan ?? {};
      const paper = this.papers.get((act.id as string).split('.')[0] as string) as string;
      const document = documentOf(act.id as string, text!, paper, fault);
      return { method: 'PUT', path: `/v1/catalog/${act.id}`, body: { ...document, ...act.body }, headers };
    }
    const path = act.act === 'create' ? `/v1/${act.kind}` : `/v1/${act.kind}/${act.id}/${act.act}`;
    return { method: 'POST', path, body, headers };
  }

  async #send({ who }: Act, { method, path, body, headers }: Request, strike?: Strike): Promise<Sent> {
    const { clients } = this.bus;
    const index = strike?.index ?? this.#turn++ % clients.length;
    const send = (to: number): Promise<Answer> =>
      (clients[to % clients.length] as LawfulClient).as(who, method, path, body, headers);
    const sent = send(index);
    if (!strike) return { answer: await sent, isSentTwice: false };
    const answered = sent.catch(() => undefined);
    await strike.hit();
    const answer = await answered;
    // The key makes it the same act on another broker, whether the first was done or not.
    return answer ? { answer, isSentTwice: false } : { answer: await send(index + 1), isSentTwice: true };
  }

  #officerOf({ who, kind }: Act): ModelOfficer | undefined {
    const { officers, operator } = this.world;
    return officers.get(who) ?? (kind === 'stops' && who === operator?.id ? operator : undefined);
  }

  #judged({ refusal, unchanged, rule }: Verdict, { status, body }: Answer): Difference[] {
    const model = refusal
      ? { status: refusal.status, code: refusal.code, article: refusal.article }
      : { status: rule?.from.includes('–') && rule.act === 'create' ? 201 : 200 };
    // A field of an act that has no article of its own may have that of the act, or none.
    const isFree = refusal?.article === undefined && OF_FIELDS.includes(refusal?.code ?? '');
    const article = isFree ? undefined : body?.article;
    const bus = refusal ? { status, code: body?.code, article } : { status };
    if (JSON.stringify(model) !== JSON.stringify(bus)) return [{ what: 'answer', model, bus: body }];
    if (unchanged && body.changed !== false) return [{ what: 'changed', model: false, bus: body.changed }];
    if (!refusal || PATHS_UNCHECKED.includes(rule?.act ?? '')) return [];
    const [ours, theirs] = [refusal.problems, body.problems ?? []].map((problems) =>
      problems.map(({ path, code }: Body) => `${path} ${code}`),
    );
    const same = JSON.stringify(ours) === JSON.stringify(theirs);
    return same ? [] : [{ what: 'problems', model: ours, bus: theirs }];
  }

  /** The two are apart in this file from here on, so that the model forgets it. */
  #note(act: object, found: Difference[], file: ModelFile | undefined, body: Body): void {
    const { clocks, ...shown } = file ?? { clocks: [] };
    this.mismatches.push({ act, differences: found });
    this.log.mismatch({ act, found, file: { ...shown, clocks }, body });
    const named = file ? ` ${file.kind}/${file.id}` : '';
    this.report(`mismatch${named}: ${JSON.stringify({ act, found }).slice(0, SHOWN_CHARACTERS)}`);
    if (file) this.#forget(file);
  }

  /** With everything that names it, and what depends on it: the grant of a case, the entry of a grant. */
  #forget(file: ModelFile): void {
    this.world.remove(file);
    this.#forgotten.add(`${file.kind}/${file.id}`);
    const { world } = this;
    const above =
      file.kind === 'cases'
        ? world.find('grants', file.grant)
        : file.kind === 'grants' && world.find('catalog', file.entry);
    if (above) this.#forget(above);
    for (const other of [...this.world.files.values()]) if (namesOf(other).includes(file.id)) this.#forget(other);
  }
}

/** A refused request is judged anew when it comes again with its key, and each refused attempt is a violation. */
const sentTwice = (verdict: Verdict): Verdict =>
  verdict.violation ? { ...verdict, violation: { ...verdict.violation, isSentTwice: true } } : verdict;

/** Refusals that stand on record: violations, and what the platform operator may not do. */
const isOnRecord = ({ violation, refusal }: Verdict): boolean =>
  violation !== undefined || (refusal?.code === 'NOT_YOUR_ROLE' && refusal.article === 'R36');

/** Ids of the files that a file names. */
const namesOf = (file: ModelFile): (string | undefined)[] => [
  'grant' in file ? file.grant : undefined,
  'entry' in file ? file.entry : undefined,
  file.kind === 'applications' ? file.body.entry : undefined,
  file.kind === 'stops' ? file.target : undefined,
];

/** The record of an act that was done, or behind it one that changed nothing; an act that was refused stands behind all. */
const doneAt = ({ status, body }: Answer): number =>
  status < 300 ? body.seq + (body.changed === false ? 0.5 : 0) : Number.MAX_SAFE_INTEGER;

function madeBy(body: Body): Made {
  const of = (path?: string): string | undefined => path?.split('/').at(-1);
  return {
    self: body?.file?.id,
    ...(body?.links?.grant && { grant: of(body.links.grant) as string }),
    ...(body?.links?.case && { case: of(body.links.case) as string }),
  };
}
