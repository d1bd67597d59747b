import type { SluiceError } from '../../../proto/errors.js';
import { actorOf, type OfficerCaller } from '../../parties/caller.js';
import type { Role } from '../../parties/officer.js';
import type { Machine } from '../engine/machine.js';
import { noticeAct, RecordedRefusal } from '../engine/recorded-refusal.js';
import { refuseOne } from '../engine/refusals.js';
import type { Kind } from '../files/kinds.js';
import { RefusedAttempts } from './refused-attempts.js';

/** Roles that may do nothing but what a transition names them for (regulation R36). */
const OUTSIDE_ROLES: readonly Role[] = ['platform_operator', 'contractor'];

const outsideRoleOf = ({ roles }: OfficerCaller): Role | undefined =>
  OUTSIDE_ROLES.find((role) => roles.includes(role));

/** Those of these roles that a transition of the machine names, for that act or for any: the others take no part in it. */
export const outsidersOf = (machine: Pick<Machine, 'transitions'> | undefined, act?: string): Role[] =>
  OUTSIDE_ROLES.filter((role) =>
    machine?.transitions.some(
      (row) => (act === undefined || row.act === act) && row.who.some((who) => who.endsWith(`.${role}`)),
    ),
  );

/** Refuses platform operators and contractors, and has their attempts on record. */
export class Outsiders {
  readonly #attempts = new RefusedAttempts();

  constructor(
    private readonly machines: ReadonlyMap<Kind, Machine>,
    private readonly clock: () => number,
    private readonly onRefused: () => void = () => undefined,
  ) {}

  /** Before anything else is looked at. Throws NOT_YOUR_ROLE, mostly as a RecordedRefusal. */
  requireInside(caller: OfficerCaller, kind: Kind | undefined, act?: string): void {
    const outside = outsideRoleOf(caller);
    if (outside === undefined) return;
    if (outsidersOf(kind && this.machines.get(kind), act).includes(outside)) return;
    throw this.#refusedAs(outside, caller, act ?? 'read');
  }

  /**
   * The refusal of an act whose file, or whose body, makes it one for others. Outsiders take part in some of the acts of that name, such as the stop of
   * the node, and are refused in the others as everywhere else.
   */
  notForCaller(caller: OfficerCaller, act: string, who: readonly string[]): SluiceError | RecordedRefusal {
    const outside = outsideRoleOf(caller);
    if (outside !== undefined) return this.#refusedAs(outside, caller, act);
    return refuseOne('NOT_YOUR_ROLE', `${act} is for ${who.join(', ')}`);
  }

  #refusedAs(outside: Role, caller: OfficerCaller, act: string): SluiceError | RecordedRefusal {
    return this.refused(caller, act, refuseOne('NOT_YOUR_ROLE', `a ${outside} takes no part in this`, '', 'R36'));
  }

  /** A refusal of an outsider, mostly as a RecordedRefusal. */
  refused(caller: OfficerCaller, act: string, refusal: SluiceError): SluiceError | RecordedRefusal {
    this.onRefused();
    const attempt = this.#attempts.next(caller.id, this.clock());
    if (!attempt) return refusal;
    const { count } = attempt;
    const notice = {
      kind: 'refused_attempt',
      to: [caller.party],
      article: 'R36',
      ...(count !== undefined && { details: { count } }),
    };
    return new RecordedRefusal(refusal, {
      record: async (after) => after.batch.add(noticeAct(actorOf(caller), act, notice)),
    });
  }
}
