import type { LawfulProblem } from '../../../proto/errors.js';
import { SluiceError } from '../../../proto/errors.js';
import type { Ledger } from '../../ledger/ledger.js';
import type { Act, LedgerRecord } from '../../ledger/record.js';
import { actorOf, type Caller, type OfficerCaller, requireStillValid } from '../../parties/caller.js';
import type { Fields, ProcedureFile } from '../files/file.js';
import type { FileReader } from '../files/file-reader.js';
import type { Kind } from '../files/kinds.js';
import { Outsiders } from '../outsiders/outsiders.js';
import { requireMachine, requireOfficer } from './act-guards.js';
import { describeFile } from './answer.js';
import { type ActAnswer, appendOnce } from './append-once.js';
import { Batch } from './batch.js';
import type { KeptAnswers } from './kept-answers.js';
import type { Machine, World } from './machine.js';
import { type ActCall, CallPerformer, type PerformedCall } from './perform-call.js';
import { FileReads } from './reads/file-reads.js';
import { problemsOf, RecordedRefusal, type Remainder, refusalOfMany } from './recorded-refusal.js';
import { ActRunner } from './run-act.js';

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
 * Performs the acts of officers and of the bus. The order of checks is that of docs/procedure.md; everything from the existence of the file on is
 * judged inside the guard of the ledger append, on the state that the act's record will follow.
 * docs/decisions/0155
 */
export class Procedure {
  readonly files: FileReads;
  readonly #outsiders: Outsiders;
  readonly #performer: CallPerformer;

  constructor(private readonly deps: ProcedureDeps) {
    this.#outsiders = new Outsiders(deps.machines, deps.clock, deps.onOutsiderRefused);
    this.#performer = new CallPerformer({ ...deps, outsiders: this.#outsiders });
    this.files = new FileReads({ ...deps, requireInsider: (...call) => this.requireInsider(...call) });
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
        // By the records that those of the acts will follow.
        const now = requireStillValid(this.deps.world.credentials.again(officer));
        const done = await this.#perform(runner, now, calls, isOne);
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

  /** The officer, ahead of what a route looks at itself. Throws NOT_YOUR_ROLE, and has the attempt of an outsider on record. */
  async requireInsider(caller: Caller, act?: string, kind?: Kind): Promise<OfficerCaller> {
    const officer = requireOfficer(caller);
    try {
      this.#outsiders.requireInside(officer, kind, act);
    } catch (error) {
      await this.#throwRecorded(error);
    }
    return officer;
  }

  /** Throws what an outsider is refused with by a route that judges it itself, and has the attempt on record. */
  async refuseOutsider(caller: Caller, act: string, refusal: SluiceError): Promise<never> {
    return this.#throwRecorded(this.#outsiders.refused(requireOfficer(caller), act, refusal));
  }

  async #throwRecorded(error: unknown): Promise<never> {
    if (!(error instanceof RecordedRefusal)) throw error;
    await this.byBus(error.remainder.record);
    throw error.refusal;
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
    const done: PerformedCall[] = [];
    const problems: LawfulProblem[] = [];
    const remainders: Remainder[] = [];
    let current: unknown;
    for (const [index, call] of calls.entries()) {
      try {
        done.push(await this.#performer.perform(runner, officer, call));
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
        const shownBy = other ? requireMachine(this.deps.machines, other.kind) : machine;
        const body = { ...describeFile(shownBy, last, officer, relations), ...once };
        return { body, isNew: isNew && !other, isReplayed: false };
      }),
    );
  }

  #endsRights(kind: Kind, act: string): boolean {
    return this.deps.machines.get(kind)?.transitions.some((row) => row.act === act && row.endsRights) ?? false;
  }
}
