import type { OfficerCaller } from '../../parties/caller.js';
import type { ProcedureFile } from '../files/file.js';
import type { Machine } from './machine.js';
import { partiesOf, type Relations } from './relations.js';

/** Whether an officer reads a file: of its sides, of their peer, of the superior, or an auditor above. */
export function isReadable(
  machine: Machine,
  file: ProcedureFile,
  caller: OfficerCaller,
  relations: Relations,
): boolean {
  if (machine.isReadByAll) return true;
  const own = machine.isReadable?.(file, caller, relations);
  if (own !== undefined) return own;
  const sides = partiesOf(file.sides);
  if (sides.some((party) => relations.reads(caller.party, party))) return true;
  const isAuditorAbove = caller.roles.includes('auditor') && relations.isCompetent(caller.party);
  return isAuditorAbove && sides.some((party) => relations.isAbove(caller.party, party));
}
