import { ID } from '../../../../broker/procedure/engine/body-check.js';
import type { ActContext, Guard } from '../../../../broker/procedure/engine/machine.js';
import { problem } from '../../../../broker/procedure/engine/refusals.js';
import type { FileRef, ProcedureFile } from '../../../../broker/procedure/files/file.js';

const LIVE = ['provisioning', 'in_force', 'suspended'];
const CASES_MAX = 100;

/** The consequence of a settlement or decision. */
export type Perform =
  | { act: 'grant'; application: string }
  | { act: 'restore'; grant: string; missed: 'deliver' | 'skip' }
  | { act: 'terminate'; grant: string }
  | { act: 'none' };

const outcome = (act: string, members: Record<string, object> = {}): object => ({
  type: 'object',
  properties: { act: { const: act }, ...members },
  required: ['act', ...Object.keys(members)],
  additionalProperties: false,
});

export const PERFORM = {
  oneOf: [
    outcome('grant', { application: ID }),
    outcome('restore', { grant: ID, missed: { enum: ['deliver', 'skip'] } }),
    outcome('terminate', { grant: ID }),
    outcome('none'),
  ],
};

const refOf = (perform: Exclude<Perform, { act: 'none' }>): FileRef =>
  perform.act === 'grant' ? { kind: 'applications', id: perform.application } : { kind: 'grants', id: perform.grant };

const STATES = { grant: ['refused'], restore: ['suspended'], terminate: LIVE } as const;

const isOfSides = ({ sides }: ProcedureFile, dispute: ProcedureFile): boolean =>
  sides.provider === dispute.sides.provider && [sides.demand].flat()[0] === dispute.sides.demand;

/** An outcome must be possible now, and between these departments. */
export const performProblem = (performOf: (context: ActContext) => Perform | undefined): Guard => ({
  name: 'what is to be performed is possible',
  check: async (context) => {
    const perform = performOf(context);
    if (!perform || perform.act === 'none') return undefined;
    const file = await context.batch.get(refOf(perform));
    const states: readonly string[] = STATES[perform.act];
    return file && states.includes(file.state) && isOfSides(file, context.file)
      ? undefined
      : problem('/perform', 'WRONG_STATE', 'is of nothing in a state for that');
  },
});

/** Lets the bus do what the departments have agreed on, or the government decided. */
export async function performs({ batch, follow }: ActContext, perform: Perform | undefined): Promise<void> {
  if (!perform || perform.act === 'none') return;
  if (perform.act === 'grant') await follow({ ref: refOf(perform), act: 'approve' });
  if (perform.act === 'terminate') await follow({ ref: refOf(perform), act: 'terminate' });
  if (perform.act !== 'restore') return;
  const states = ['suspended', 'rectifying'];
  const open = await batch.list({ kind: 'cases', about: `grants/${perform.grant}`, states, limit: CASES_MAX });
  for (const one of open) await follow({ ref: one, act: 'restore', body: { missed: perform.missed } });
}
