import { randomInt } from 'node:crypto';
import type { LawfulProblem } from '../../../proto/errors.js';
import type { OfficerCaller } from '../../parties/caller.js';
import type { CalendarBook } from '../clock/calendar-book.js';
import type { RecomputedClock } from '../clock/calendar-check.js';
import type { Clock } from '../clock/clock.js';
import { articleOfClock, lateViolation, sidesOfClock } from '../clock/clock-kinds.js';
import { hasFallenLate, isRecomputed, judged, recomputeClock } from '../clock/clock-rules.js';
import { dayAt, yearOf } from '../clock/shanghai-days.js';
import type { Fields, FileRef, ProcedureFile } from '../files/file.js';
import { KINDS, type Kind } from '../files/kinds.js';
import { guardProblems } from './act-guards.js';
import { type Actor, type Batch, BUS } from './batch.js';
import { FileClocks } from './file-clocks.js';
import {
  type ActContext,
  type FollowUp,
  isPossible,
  type Machine,
  NONE,
  SELF,
  type Transition,
  type World,
} from './machine.js';
import { noticeOrders } from './notice-orders.js';
import { refuse, refuseOne } from './refusals.js';

const ID_CHARACTERS = 12;
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** An id that the bus makes: 62 bits, too many to meet another of its kind. */
export function newId(kind: Kind): string {
  const { prefix } = KINDS[kind] as { prefix?: string };
  if (prefix === undefined) throw new TypeError(`ids of ${kind} are given`);
  return `${prefix}-${Array.from({ length: ID_CHARACTERS }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')}`;
}

export const newFile = (kind: Kind, id: string): ProcedureFile => ({
  kind,
  id,
  state: NONE,
  sides: {},
  clocks: [],
  memo: {},
  about: [],
  seq: 0,
  document: {},
});

/** An act to be carried out: its file, transition, body and actor. */
export interface ActOrder {
  file: ProcedureFile;
  transition: Transition;
  body: Fields;
  caller: OfficerCaller | undefined;
  by: Actor;
  reason?: string | undefined;
  attachments?: string[] | undefined;
}

/**
 * Carries out acts of one batch: the act itself, those that follow from it, clocks that it finds late, and the violations
 * that these are. Knows machines as data only.
 */
export class ActRunner {
  constructor(
    readonly world: World,
    readonly batch: Batch,
    private readonly machines: ReadonlyMap<Kind, Machine>,
  ) {}

  contextOf({ file, transition, body, caller, by, reason, attachments = [] }: ActOrder): ActContext {
    const { world, batch } = this;
    const { nowMs } = batch;
    return {
      world,
      batch,
      transition,
      caller,
      file,
      body,
      reason,
      attachments,
      nowMs,
      once: {},
      clocks: new FileClocks(file, world.rules, nowMs),
      follow: (next) => this.#follow(next, { caller, by, body }),
      violation: (facts) => this.violation(facts),
      recompute: (calendars, clocks) => this.#recompute(calendars, clocks),
    };
  }

  /** The row by which the act is done in the state in which the file is now: a clock that is due counts as late, be it recorded or not. */
  choose(rows: readonly Transition[], order: Omit<ActOrder, 'transition'>): Transition | undefined {
    const now = { ...order.file, clocks: order.file.clocks.map((clock) => judged(clock, this.batch.nowMs)) };
    const possible = rows.filter((row) => isPossible(row, now));
    return possible.find((row) => row.when?.(this.contextOf({ ...order, transition: row })) ?? true);
  }

  /** Throws what the guard finds; paths lead into the body of the request, which another act may have that causes this one. */
  async requireGuard(context: ActContext, request = context.body): Promise<void> {
    const found = await guardProblems(context, this.machines);
    const problems = request === context.body ? found : found.map((one) => withinBody(one, request));
    const [first] = problems;
    if (!first) return;
    const links = REFUSAL_LINKS[first.code];
    throw refuse(problems, links ? { links } : {});
  }

  /** Changes the file and records the step; further steps follow it. */
  async run(context: ActContext, by: Actor): Promise<void> {
    const { file, transition, clocks } = context;
    const from = file.state;
    const to = transition.next?.(context) ?? transition.to;
    file.state = to === SELF ? from : to;
    const { supplementPause } = this.world.settings;
    for (const column of transition.clocks ?? []) {
      if (supplementPause || !column.startsWith('‖')) moveClock(clocks, column);
    }
    const named = transition.names?.(context) ?? [];
    const later: (() => Promise<unknown>)[] = [];
    const changing = deferred(context, later);
    await transition.apply?.(changing);
    for (const apply of this.#followersOf(file.kind, transition.act)) await apply(changing);
    this.batch.record({
      file,
      act: transition.act,
      by,
      from,
      reason: context.reason,
      attachments: context.attachments,
      named: named.map(({ sha256 }) => sha256),
      notices: noticeOrders(context),
      ...this.#calendarOf(file),
    });
    for (const clock of clocks.fallenLate) await this.#recordLate(file, clock);
    for (const consequence of later) await consequence();
  }

  /** Consequences of an act for kinds of files of which its own machine knows nothing. */
  #followersOf(kind: Kind, act: string): ((context: ActContext) => void | Promise<void>)[] {
    const all = [...this.machines.values()].flatMap(({ available, follows = [] }) => (available ? follows : []));
    return all.filter((one) => one.kind === kind && one.act === act).map(({ apply }) => apply);
  }

  /** Every running clock of the file that is due by now falls late, each recorded once. */
  async judgeClocks(file: ProcedureFile): Promise<void> {
    for (const [index, before] of file.clocks.entries()) {
      const after = judged(before, this.batch.nowMs);
      if (after === before) continue;
      file.clocks[index] = after;
      if (hasFallenLate(before, after)) await this.#recordLate(file, after);
      else this.batch.record({ file, act: 'met', by: BUS, clock: after.id, from: file.state, notices: [] });
    }
  }

  /** Computes the clocks of a file by a calendar that has not come to all files yet: nobody looks at a due date that no longer holds. */
  recomputeOpen(file: ProcedureFile): void {
    const { recomputes, rules } = this.world;
    const atMs = recomputes.judgedAtMs;
    if (atMs === undefined) return;
    for (const [index, before] of file.clocks.entries()) {
      const after = recomputeClock(before, rules, atMs);
      if (isRecomputed(before, after)) this.#recordRecomputed(file, index, after);
    }
  }

  async violation(facts: Fields & { party: string; about: FileRef; code: string }): Promise<void> {
    const machine = this.#machine('violations');
    const transition = machine.transitions.find(
      ({ act, who }) => act === 'create' && who.includes('bus'),
    ) as Transition;
    const file = newFile('violations', newId('violations'));
    file.sides = { own: facts.party };
    file.about = [`${facts.about.kind}/${facts.about.id}`];
    await this.run(this.contextOf({ file, transition, body: facts, caller: undefined, by: BUS }), BUS);
  }

  /** An act of the bus that no other act causes. */
  followByBus(next: FollowUp): Promise<ProcedureFile> {
    return this.#follow(next, { caller: undefined, by: BUS, body: {} });
  }

  async #follow(
    { ref, act, body = {}, byCaller, reason }: FollowUp,
    cause: Pick<ActOrder, 'caller' | 'by' | 'body'>,
  ): Promise<ProcedureFile> {
    const machine = this.#machine(ref.kind);
    const file = (await this.batch.get(ref)) ?? newFile(ref.kind, ref.id);
    this.recomputeOpen(file);
    const actor = byCaller ? cause.by : BUS;
    const rows = machine.transitions.filter((row) => row.act === act && (byCaller || row.who.includes('bus')));
    const order = { file, body, caller: byCaller ? cause.caller : undefined, by: actor, reason };
    const transition = this.choose(rows, order);
    if (!transition) throw refuseOne('WRONG_STATE', `${ref.kind}/${ref.id} is ${file.state}, it cannot ${act}`);
    const context = this.contextOf({ ...order, transition });
    if (file.state === NONE) file.sides = (await transition.sides?.(context)) ?? file.sides;
    if (byCaller) await this.requireGuard(context, cause.body);
    await this.run(context, actor);
    return file;
  }

  async #recordLate(file: ProcedureFile, clock: Clock): Promise<void> {
    const { relations } = this.world;
    const peers = relations.resolve('peer', file.sides);
    // A competent department's own clocks are shown to the one above it.
    const superior = relations.isCompetent(clock.party) ? relations.superiorOf(clock.party) : undefined;
    const to = [...new Set([...this.#sidesOf(clock, file), ...peers, ...(superior === undefined ? [] : [superior])])];
    const about = { kind: file.kind, id: file.id };
    this.batch.record({
      file,
      act: 'overdue',
      by: BUS,
      clock: clock.id,
      from: file.state,
      notices: [{ kind: 'overdue', to, clock: clock.id, about, ...articleOfClock(clock.id) }],
      ...this.#calendarOf(file),
    });
    const code = this.#machine(file.kind).lateViolation?.(file, clock.id) ?? lateViolation(clock.id);
    if (code === undefined) return;
    const facts = `${clock.id} ended ${clock.due} without the act that it asks for`;
    await this.violation({ code, party: clock.party, about, facts, clock: clock.id });
  }

  async #recompute(calendars: CalendarBook, clocks: readonly RecomputedClock[]): Promise<void> {
    const rules = { ...this.world.rules, calendars };
    for (const { file: ref, clock: id } of clocks) {
      const file = await this.batch.get(ref);
      const index = file?.clocks.findLastIndex((clock) => clock.id === id) ?? -1;
      const before = file?.clocks[index];
      if (!file || !before) continue;
      this.#recordRecomputed(file, index, recomputeClock(before, rules, this.batch.nowMs));
    }
  }

  #recordRecomputed(file: ProcedureFile, index: number, after: Clock): void {
    const { id, due } = file.clocks[index] as Clock;
    file.clocks[index] = after;
    const to = this.#sidesOf(after, file);
    this.batch.record({
      file,
      act: 'recomputed',
      by: BUS,
      clock: id,
      from: file.state,
      notices: [{ kind: 'recomputed', to, clock: id, details: { from: due, to: after.due }, ...articleOfClock(id) }],
      ...(after.calendar !== null && { calendar: after.calendar }),
    });
  }

  /** The calendar that the newest clock of the file was judged by; without one, that of the party for the year. */
  #calendarOf({ clocks, sides }: ProcedureFile): { calendar?: string } {
    const { rules } = this.world;
    const [party] = [sides.own ?? sides.provider ?? sides.demand].flat();
    const calendar =
      clocks.at(-1)?.calendar ??
      (party && rules.calendars.versionOf(rules.regionOf(party), yearOf(dayAt(this.batch.nowMs))));
    return calendar ? { calendar } : {};
  }

  #sidesOf({ id }: Clock, { sides }: ProcedureFile): string[] {
    return [...new Set(sidesOfClock(id).flatMap((relation) => this.world.relations.resolve(relation, sides)))];
  }

  #machine(kind: Kind): Machine {
    const machine = this.machines.get(kind);
    if (!machine) throw new TypeError(`there is no machine for ${kind}`);
    return machine;
  }
}

/** Where a refused caller may go on. */
const REFUSAL_LINKS: Readonly<Record<string, Record<string, string>>> = {
  NOT_SHARED: { dispute: '/v1/disputes' },
  NOT_IN_CATALOG: { demand: '/v1/demands' },
};

function withinBody(one: LawfulProblem, body: Fields): LawfulProblem {
  const name = one.path.split('/')[1] ?? '';
  return name === 'reason' || name in body ? one : { ...one, path: '' };
}

function moveClock(clocks: FileClocks, column: string): void {
  const id = column.slice(1);
  if (column.startsWith('-')) clocks.end(id);
  if (column.startsWith('‖')) clocks.pause(id);
  if (column.startsWith('▷')) clocks.resume(id);
  if (column.startsWith('↻')) clocks.rerun(id);
}

/** Consequences are recorded behind the act that causes them, whenever `apply` names them. */
function deferred(context: ActContext, later: (() => Promise<unknown>)[]): ActContext {
  return {
    ...context,
    follow: async (next) => {
      later.push(() => context.follow(next));
      return context.file;
    },
    recompute: async (...order) => {
      later.push(() => context.recompute(...order));
    },
    violation: async (facts) => {
      later.push(() => context.violation(facts));
    },
  };
}
