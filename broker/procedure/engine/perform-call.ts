import { SluiceError } from '../../../proto/errors.js';
import { actorOf, type OfficerCaller } from '../../parties/caller.js';
import type { Fields, FileRef, ProcedureFile } from '../files/file.js';
import type { Kind } from '../files/kinds.js';
import type { Outsiders } from '../outsiders/outsiders.js';
import { requireDigest, requireFourEyes, requireMachine, requireShape } from './act-guards.js';
import { describeFile, roleFor } from './answer.js';
import { type ActContext, isFromNothing, type Machine, type Transition, type World } from './machine.js';
import { isReadable } from './reads/readable.js';
import { noticeAct, problemsOf, RecordedRefusal } from './recorded-refusal.js';
import { noSuchFile, refuse, refuseOne, staleFile } from './refusals.js';
import { type ActRunner, newFile, newId } from './run-act.js';

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

export interface PerformedCall {
  file: ProcedureFile;
  machine: Machine;
  /** Members that only the answer to this act has. */
  once: Fields;
  /** The act made the file. */
  isNew: boolean;
}

interface CallPerformerDeps {
  world: World;
  machines: ReadonlyMap<Kind, Machine>;
  outsiders: Outsiders;
}

/** Performs one call of an officer inside the guard of the append; the order of its checks is that of docs/procedure.md. */
export class CallPerformer {
  constructor(private readonly deps: CallPerformerDeps) {}

  /** Judges the call and runs its act in the runner's batch. Throws SluiceError or RecordedRefusal. */
  async perform(runner: ActRunner, caller: OfficerCaller, call: ActCall): Promise<PerformedCall> {
    const { relations } = this.deps.world;
    const { kind, id, act, body } = call;
    this.deps.outsiders.requireInside(caller, kind, act);
    const machine = requireMachine(this.deps.machines, kind);
    const rows = machine.transitions.filter((row) => row.act === act && !row.isLater && isCallable(row));
    if (rows.length === 0) throw refuseOne('NOT_FOUND', `${kind} have no act ${act}`);
    const maker = id === undefined && rows.find(isFromNothing);
    // The id and the sides of a new file come from its body.
    if (maker) requireShape(maker, body);
    const { file, isNew } = await this.#fileOf(runner, caller, machine, call, rows);
    const never = machine.neverBy?.(file, act, caller, relations);
    if (never) throw refuse([never]);
    requireShape(rows.find((row) => row.from.includes(file.state)) ?? (rows[0] as Transition), body);
    if (call.ifMatch !== undefined && call.ifMatch !== file.seq) {
      throw staleFile(file, describeFile(machine, file, caller, relations));
    }
    runner.recomputeOpen(file);
    const given = rows.some((row) => row.isAnyBody) ? {} : common(body);
    const order = { file, body, caller, by: { actor: actorOf(caller) }, ...given };
    const transition = runner.choose(rows, order);
    if (!transition) throw refuseOne('WRONG_STATE', `${kind}/${id ?? ''} is ${file.state}, it cannot ${act}`);
    if (isNew) {
      const sides = await transition.sides?.(runner.contextOf({ ...order, transition }));
      Object.assign(file, { sides: sides ?? { own: caller.party } });
    }
    const role = roleFor(transition.who, file, caller, relations);
    if (role === undefined) throw this.deps.outsiders.notForCaller(caller, act, transition.who);
    // An act that follows in the name of the caller has the role that allowed this one.
    const by = { actor: actorOf(caller), role: role.slice(role.indexOf('.') + 1) };
    const context = runner.contextOf({ ...order, by, transition });
    requireFourEyes(context);
    requireDigest(context);
    if (await transition.changesNothing?.(context)) return { file, machine, once: context.once, isNew: false };
    await this.#requireGuard(runner, context);
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
    if (!file || !isReadable(machine, file, caller, this.deps.world.relations)) throw noSuchFile(ref);
    return { file, isNew: false };
  }
}

const isCallable = ({ who }: Transition): boolean => who.some((one) => one !== 'bus');

function common(body: Fields): { reason?: string; attachments?: string[] } {
  const { reason, attachments } = body;
  return {
    ...(typeof reason === 'string' && { reason }),
    ...(Array.isArray(attachments) && { attachments: attachments as string[] }),
  };
}
