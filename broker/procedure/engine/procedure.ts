import type { LawfulProblem } from '../../../proto/errors.js';
import { SluiceError } from '../../../proto/errors.js';
import type { Ledger } from '../../ledger/ledger.js';
import type { Act, LedgerRecord } from '../../ledger/record.js';
import { actorOf, type Caller, type OfficerCaller } from '../../parties/caller.js';
import type { Fields, FileRef, ProcedureFile } from '../files/file.js';
import type { FileQuery, FileReader } from '../files/file-reader.js';
import type { Kind } from '../files/kinds.js';
import { Outsiders } from '../outsiders/outsiders.js';
import { requireDigest, requireFourEyes, requireShape } from './act-guards.js';
import { asSeen, describeFile, describeWhole, roleFor, shownDocument } from './answer.js';
import { type ActAnswer, appendOnce } from './append-once.js';
import { Batch } from './batch.js';
import type { KeptAnswers } from './kept-answers.js';
import { type ActContext, isFromNothing, type Machine, type Transition, type World } from './machine.js';
import { isReadable, readablePage } from './readable.js';
import { recordReads } from './recorded-reads.js';
import { noticeAct, problemsOf, RecordedRefusal, type Remainder, refusalOfMany } from './recorded-refusal.js';
import { refuse, refuseOne, staleFile } from './refusals.js';
import { ActRunner, newFile, newId } from './run-act.js';

/** One call of an act. */
export interface ActCall {
  kind: Kind;
  /** Absent for the act that makes a file. */
  id?: string | undefined;
  act: string;
  body: Fields;
  /** `seq` that the caller has seen. */
  ifMatch?: number | undefined;
  /** Another file that the act changes too, of which the answer is. */
  answersAbout?: FileRef | undefined;
  /** An act that follows in the same batch ends a right, so that the answer waits until it has ended on every broker. */
  endsRights?: boolean;
  /** Judges and answers, and records nothing. */
  isDryRun?: boolean;
  /** Idempotency key with the digest of method, address and body. */
  key?: { key: string; request: string } | undefined;
}

export interface ProcedureDeps {
  ledger: Ledger;
  reader: FileReader;
  world: World;
  machines: ReadonlyMap<Kind, Machine>;
  kept: KeptAnswers;
  clock: () => number;
  /** A call of a platform operator or contractor was refused. */
  onOutsiderRefused?(): void;
}

interface TogetherOptions {
  key?: ActCall['key'];
  /** One answer, whose `results` are those of the acts; problems say by `/entries/<n>` which act they are about. */
  isOne?: boolean;
  /** Makes the one answer of all acts, which is also kept for the key. */
  whole?: ((answers: readonly ActAnswer[]) => Fields) | undefined;
}
const resultsOf = (answers: readonly ActAnswer[]): Fields => ({ results: answers.map(({ body }) => body) });

/**
 * Performs and reads. The order of checks is that of docs/procedure.md; everything from the existence of the file on is
 * judged inside the guard of the ledger append, on the state that the act's record will follow.
 * docs/decisions/0155-machines-as-data.md
 */
export class Procedure {
  readonly #outsiders: Outsiders;

  constructor(private readonly deps: ProcedureDeps) {
    this.#outsiders = new Outsiders(deps.machines, deps.clock, deps.onOutsiderRefused);
  }

  get machines(): ReadonlyMap<Kind, Machine> {
    return this.deps.machines;
  }

  /** Performs one act. Throws SluiceError with article and all problems. */
  async perform(caller: Caller, call: ActCall): Promise<ActAnswer> {
    const [answer] = await this.performAll(caller, [call]);
    return answer as ActAnswer;
  }

  async performAll(
    caller: Caller,
    calls: readonly ActCall[],
    { key = calls[0]?.key, isOne = false, whole = isOne ? resultsOf : undefined }: TogetherOptions = {},
  ): Promise<ActAnswer[]> {
    const officer = requireOfficer(caller);
    const actor = actorOf(caller);
    const endsRights = calls.some((call) => call.endsRights ?? this.#endsRights(call.kind, call.act));
    const { answers, refusal } = await appendOnce(this.deps, { by: actor, key, actor, endsRights }, async (head) => {
      const runner = this.#runner(head);
      try {
        const done = await this.#perform(runner, officer, calls, isOne);
        const acts = calls.some(({ isDryRun }) => isDryRun) ? [] : runner.batch.toActs();
        return { acts, answers: whole ? [{ body: whole(done), isReplayed: false, isNew: false }] : done };
      } catch (error) {
        if (!(error instanceof RecordedRefusal)) throw error;
        const after = this.#runner(head);
        await error.remainder.record(after);
        return { acts: after.batch.toActs(), answers: [], refusal: error.refusal };
      }
    });
    if (refusal) throw refusal;
    for (const { kind } of calls) await this.deps.machines.get(kind)?.settled?.(this.deps.world);
    return answers;
  }

  /** Before a read that decides on an act: what another broker has acknowledged is known then. */
  caughtUp(): Promise<void> {
    return this.deps.ledger.caughtUp();
  }

  /** The answer that a request with this key was given before. Throws KEY_REUSED when it was another request. */
  async answered(caller: Caller, key: ActCall['key']): Promise<ActAnswer | undefined> {
    const kept = key && (await this.deps.kept.find(actorOf(caller), key));
    return kept && { ...kept, isReplayed: true };
  }

  /** The part that stands with the record of a call that is no act, so that it is answered again. */
  kept(caller: Caller, key: ActCall['key'], body: Fields): Act['kept'] {
    return key && this.deps.kept.keep(actorOf(caller), key, { body, isNew: false });
  }

  /** Lets the bus act by itself; `decide` runs inside the guard of the append. */
  async byBus(decide: (runner: ActRunner) => Promise<void>, nowMs?: number): Promise<LedgerRecord[]> {
    return this.deps.ledger.appendAll(
      async (head) => {
        const runner = this.#runner(head, nowMs);
        await decide(runner);
        return runner.batch.toActs();
      },
      { atomic: true },
    );
  }

  /** Lets the bus act for `by`, who is no caller yet, and answer with what `decide` makes. */
  async answerByBus(
    by: string,
    key: ActCall['key'],
    decide: (runner: ActRunner) => Promise<Fields>,
  ): Promise<ActAnswer> {
    const { answers } = await appendOnce(this.deps, { by, key }, async (head) => {
      const runner = this.#runner(head);
      const body = await decide(runner);
      return { acts: runner.batch.toActs(), answers: [{ body, isReplayed: false, isNew: true }] };
    });
    return answers[0] as ActAnswer;
  }

  /** Acts of the bus on a file at the moment that falls due: clocks fall late, then its period ends. */
  async decideDue(file: ProcedureFile, atMs: number, head: number): Promise<Act[]> {
    const runner = this.#runner(head, atMs);
    const current = await runner.batch.get(file);
    if (!current) return [];
    runner.recomputeOpen(current);
    await runner.judgeClocks(current);
    const { onDue } = this.deps.machines.get(file.kind) ?? {};
    const { endsAt } = current.memo;
    if (onDue !== undefined && endsAt !== undefined && Date.parse(endsAt) <= atMs) {
      await runner.followByBus({ ref: { kind: file.kind, id: file.id }, act: onDue });
    }
    return runner.batch.toActs();
  }

  /** A file as the caller may see it. Throws NOT_FOUND. */
  async read(caller: Caller, ref: FileRef): Promise<{ file: ProcedureFile; answer: Fields }> {
    const officer = requireOfficer(caller);
    await this.#requireReader(officer, ref.kind);
    const machine = this.#machine(ref.kind);
    const file = await this.deps.reader.get(ref);
    if (!file || !isReadable(machine, file, officer, this.deps.world.relations)) throw notFound(ref);
    return { file, answer: describeFile(machine, file, officer, this.deps.world.relations) };
  }

  async readWhole(caller: Caller, ref: FileRef): Promise<Fields> {
    if (this.#machine(ref.kind).recordsReads) {
      await this.read(caller, ref);
      await recordReads(this.deps, requireOfficer(caller), [ref]);
    }
    const { file, answer } = await this.read(caller, ref);
    const history = await this.deps.reader.history(ref);
    const { relations } = this.deps.world;
    return describeWhole(answer, this.#machine(ref.kind), file, history, { caller: requireOfficer(caller), relations });
  }

  /** Files that the caller may see, newest last. */
  async list(caller: Caller, query: FileQuery & { document?: boolean }): Promise<{ files: Fields[]; next?: string }> {
    const officer = requireOfficer(caller);
    const isListOfOthers = this.deps.machines
      .get(query.kind)
      ?.isReadOneByOneBy?.some((role) => officer.roles.includes(role));
    await this.#requireReader(officer, query.kind, isListOfOthers ? 'list' : undefined);
    const machine = this.#machine(query.kind);
    const { relations } = this.deps.world;
    const sides = machine.isReadByAll || machine.isFoundByAll ? query.sides : this.#readableSides(officer, query.sides);
    const { document, ...rest } = query;
    const states = query.states && (machine.widenedStates?.(query.states) ?? query.states);
    const asked = { ...rest, ...(sides && { sides }), ...(states && { states }) };
    const page = await readablePage(this.deps.reader, asked, (file) => {
      if (machine.isListed?.(file.id) === false || !isReadable(machine, file, officer, relations)) return undefined;
      const seen = asSeen(machine, file, officer, relations).file;
      return (query.states?.includes(seen.state) ?? true) ? { file, seen } : undefined;
    });
    const files = page.found.map(({ file, seen }) => ({
      ...describeFile(machine, file, officer, relations),
      ...(document && { document: shownDocument(machine, seen) }),
    }));
    if (machine.recordsReads && document) await recordReads(this.deps, officer, files.map(refOf));
    return { files, ...(page.next !== undefined && { next: String(page.next) }) };
  }

  #readableSides(officer: OfficerCaller, asked: readonly string[] | undefined): readonly string[] | undefined {
    const { relations } = this.deps.world;
    if (officer.roles.includes('auditor') && relations.isCompetent(officer.party)) return asked;
    // Files that one reads by office are found by the side that was asked for; `isReadable` decides on each.
    return asked ?? relations.sidesReadBy(officer.party);
  }

  #runner(head: number, nowMs = this.deps.clock()): ActRunner {
    const { world, reader, machines } = this.deps;
    return new ActRunner(world, new Batch(reader, head, nowMs), machines);
  }

  async #perform(
    runner: ActRunner,
    officer: OfficerCaller,
    calls: readonly ActCall[],
    isMany: boolean,
  ): Promise<ActAnswer[]> {
    const done: { file: ProcedureFile; machine: Machine; once: Fields; isNew: boolean }[] = [];
    const problems: LawfulProblem[] = [];
    const remainders: Remainder[] = [];
    let current: unknown;
    for (const [index, call] of calls.entries()) {
      try {
        done.push(await this.#performOne(runner, officer, call));
      } catch (error) {
        if (!isMany && calls.length === 1) throw error;
        const refusal = error instanceof RecordedRefusal ? error.refusal : error;
        if (!(refusal instanceof SluiceError)) throw error;
        if (error instanceof RecordedRefusal) remainders.push(error.remainder);
        if (problems.length === 0) current = refusal.where.current;
        problems.push(...problemsOf(refusal).map((one) => ({ ...one, path: `/entries/${index}${one.path}` })));
      }
    }
    if (problems.length > 0) throw refusalOfMany(problems, remainders, current);
    const { relations } = this.deps.world;
    return Promise.all(
      done.map(async ({ file, machine, once, isNew }, index) => {
        const { answersAbout: other } = calls[index] as ActCall;
        const last = (await runner.batch.get(other ?? file)) ?? file;
        const shownBy = other ? this.#machine(other.kind) : machine;
        const body = { ...describeFile(shownBy, last, officer, relations), ...once };
        return { body, isNew: isNew && !other, isReplayed: false };
      }),
    );
  }

  async #performOne(runner: ActRunner, caller: OfficerCaller, call: ActCall) {
    const { relations } = this.deps.world;
    const { kind, id, act, body } = call;
    this.#outsiders.requireInside(caller, kind, act);
    const machine = this.#machine(kind);
    const rows = machine.transitions.filter((row) => row.act === act && !row.isLater && isCallable(row));
    if (rows.length === 0) throw refuseOne('NOT_FOUND', `${kind} have no act ${act}`);
    const maker = id === undefined && rows.find(isFromNothing);
    // The id and the sides of a new file come from its body.
    if (maker) requireShape(maker, body);
    const { file, isNew } = await this.#fileOf(runner, caller, machine, call, rows);
    const never = machine.neverBy?.(file, act, caller, relations);
    if (never) throw refuse([never]);
    requireShape(rows.find((row) => row.from.includes(file.state)) ?? (rows[0] as Transition), body);
    if (call.ifMatch !== undefined && call.ifMatch !== file.seq) throw this.#stale(machine, file, caller);
    runner.recomputeOpen(file);
    const given = rows.some((row) => row.isAnyBody) ? {} : common(body);
    const order = { file, body, caller, by: { actor: actorOf(caller) }, ...given };
    const possible = rows.filter((row) => row.from.includes(file.state));
    const transition = choose(possible, (row) => runner.contextOf({ ...order, transition: row }));
    if (!transition) throw refuseOne('WRONG_STATE', `${kind}/${id ?? ''} is ${file.state}, it cannot ${act}`);
    const context = runner.contextOf({ ...order, transition });
    if (isNew) Object.assign(file, { sides: (await transition.sides?.(context)) ?? { own: caller.party } });
    const role = roleFor(transition.who, file, caller, relations);
    if (role === undefined) throw refuseOne('NOT_YOUR_ROLE', `${act} is for ${transition.who.join(', ')}`);
    requireFourEyes(context);
    requireDigest(context);
    if (await transition.changesNothing?.(context)) return { file, machine, once: context.once, isNew: false };
    await this.#requireGuard(runner, context);
    const by = { actor: actorOf(caller), role: role.slice(role.indexOf('.') + 1) };
    await runner.run(context, by);
    return { file, machine, once: context.once, isNew };
  }

  async #requireGuard(runner: ActRunner, context: ActContext): Promise<void> {
    try {
      await runner.requireGuard(context);
    } catch (error) {
      const violation = context.transition.violationOf?.(context, problemsOf(error));
      if (!violation || !(error instanceof SluiceError)) throw error;
      const { caller } = context;
      const to = [...new Set([caller?.party, this.deps.world.settings.owner])].filter((party) => party !== undefined);
      const { article } = error.where;
      const notice = { kind: 'refused_attempt', to, about: violation.about, ...(article !== undefined && { article }) };
      throw new RecordedRefusal(error, {
        record: async (after) => {
          await after.violation(violation);
          after.batch.add(noticeAct(actorOf(caller as OfficerCaller), context.transition.act, notice));
        },
      });
    }
  }

  async #fileOf(
    runner: ActRunner,
    caller: OfficerCaller,
    machine: Machine,
    { kind, id, body }: ActCall,
    rows: readonly Transition[],
  ): Promise<{ file: ProcedureFile; isNew: boolean }> {
    const maker = rows.find(isFromNothing);
    if (id === undefined && maker) {
      const given = maker.idOf?.(
        runner.contextOf({ file: newFile(kind, ''), transition: maker, body, caller, by: { actor: '' } }),
      );
      return { file: newFile(kind, given ?? (maker.idOf ? '' : newId(kind))), isNew: true };
    }
    const ref = { kind, id: id as string };
    const file = await runner.batch.get(ref);
    if (!file && maker) return { file: newFile(kind, ref.id), isNew: true };
    if (!file || !isReadable(machine, file, caller, this.deps.world.relations)) throw notFound(ref);
    return { file, isNew: false };
  }

  /** The officer, ahead of what a route looks at itself. Throws NOT_YOUR_ROLE, and has the attempt of an outsider on record. */
  async requireInsider(caller: Caller, act?: string, kind?: Kind): Promise<OfficerCaller> {
    const officer = requireOfficer(caller);
    await this.#requireReader(officer, kind, act);
    return officer;
  }

  /** Refused reading of an outsider is on record like refused acts. */
  async #requireReader(caller: OfficerCaller, kind: Kind | undefined, act?: string): Promise<void> {
    try {
      this.#outsiders.requireInside(caller, kind, act);
    } catch (error) {
      if (!(error instanceof RecordedRefusal)) throw error;
      await this.byBus(error.remainder.record);
      throw error.refusal;
    }
  }

  #stale(machine: Machine, file: ProcedureFile, caller: OfficerCaller): SluiceError {
    const current = describeFile(machine, file, caller, this.deps.world.relations);
    return staleFile(file, current);
  }

  #endsRights(kind: Kind, act: string): boolean {
    return this.deps.machines.get(kind)?.transitions.some((row) => row.act === act && row.endsRights) ?? false;
  }

  #machine(kind: Kind): Machine {
    const machine = this.deps.machines.get(kind);
    if (!machine?.available) throw refuseOne('NOT_FOUND', `there are no ${kind} on this bus`);
    return machine;
  }
}

/** Throws NOT_YOUR_ROLE for a system. */
function requireOfficer(caller: Caller): OfficerCaller {
  if (caller.kind === 'officer') return caller;
  throw refuseOne('NOT_YOUR_ROLE', `only an officer takes part in the procedure; system ${caller.id} is none`);
}

const refOf = ({ file }: Fields): FileRef => file as FileRef;
const isCallable = ({ who }: Transition): boolean => who.some((one) => one !== 'bus');
const notFound = ({ kind, id }: FileRef): SluiceError => refuseOne('NOT_FOUND', `there is no file ${id} among ${kind}`);

function choose(rows: readonly Transition[], contextOf: (row: Transition) => ActContext): Transition | undefined {
  return rows.find((row) => row.when?.(contextOf(row)) ?? true);
}

function common(body: Fields): { reason?: string; attachments?: string[] } {
  const { reason, attachments } = body;
  return {
    ...(typeof reason === 'string' && { reason }),
    ...(Array.isArray(attachments) && { attachments: attachments as string[] }),
  };
}
