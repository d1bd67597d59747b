import { bodySchema } from '../../../procedure/engine/body-check.js';
import type { Machine, Transition } from '../../../procedure/engine/machine.js';
import type { Fields } from '../../../procedure/files/file.js';
import { MEMBER_EXAMPLES } from './member-examples.js';

/** Description of a body in the document of the API. */
export interface DescribedBody {
  schema: object;
  example: Fields;
  /** The act takes `If-Match`. */
  ifMatch: boolean;
}

/** Rows of an act that somebody calls. */
export const rowsOf = ({ transitions }: Machine, act: string): Transition[] =>
  transitions.filter((row) => row.act === act && !row.isLater && row.who.some((one) => one !== 'bus'));

/** Schema and example of the body of an act, which several rows of the machine may judge. */
export function describedBody(machine: Machine, act: string): DescribedBody {
  const rows = rowsOf(machine, act);
  const needed = neededBy(rows);
  const schema = rows.some(({ isAnyBody }) => isAnyBody)
    ? { type: 'object', additionalProperties: true }
    : {
        ...bodySchema({ body: Object.assign({}, ...rows.map(({ body = {} }) => body)) }),
        ...(needed.length > 0 && { required: needed }),
      };
  const members = Object.fromEntries(needed.map((name) => [name, MEMBER_EXAMPLES[name]]));
  const example: Fields = Object.assign(members, ...rows.map((row) => row.example));
  return { schema, example, ifMatch: act !== 'create' };
}

/** Members without which no row lets the act through. */
export function neededBy(rows: readonly Transition[]): string[] {
  const [first = [], ...others] = rows.map(({ guard = [], digest }) => [
    ...guard.flatMap((one) => (typeof one === 'string' ? [one] : 'needs' in one ? [one.needs] : [])),
    ...(digest?.needed ? ['digest'] : []),
  ]);
  return first.filter((name) => others.every((needs) => needs.includes(name)));
}
