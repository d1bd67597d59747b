import { actorOf, type OfficerCaller } from '../../parties/caller.js';
import type { Machine } from '../engine/machine.js';
import { noticeAct, RecordedRefusal } from '../engine/recorded-refusal.js';
import { refuseOne } from '../engine/refusals.js';
import type { Kind } from '../files/kinds.js';
import { RefusedAttempts } from './refused-attempts.js';

/** Roles that may do nothing but what a transition names them for (regulation R36). */
const OUTSIDE_ROLES: readonly string[] = ['platform_operator', 'contractor'];

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
    const outside = OUTSIDE_ROLES.find((role) => caller.roles.includes(role));
    if (outside === undefined) return;
    const rows = (kind && this.machines.get(kind)?.transitions) ?? [];
    const isNamed = rows.some(
      (row) => (act === undefined || row.act === act) && row.who.some((who) => who.endsWith(`.${outside}`)),
    );
    if (isNamed) return;
    this.onRefused();
    const refusal = refuseOne('NOT_YOUR_ROLE', `a ${outside} takes no part in this`, '', 'R36');
    const attempt = this.#attempts.next(caller.id, this.clock());
    if (!attempt) throw refusal;
    const { count } = attempt;
    const notice = {
      ...{ kind: 'refused_attempt', to: [caller.party], article: 'R36' },
      ...(count !== undefined && { details: { count } }),
    };
    throw new RecordedRefusal(refusal, {
      record: async (after) => after.batch.add(noticeAct(actorOf(caller), act ?? 'read', notice)),
    });
  }
}
