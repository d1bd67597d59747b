import { TEXT, TITLE } from '../engine/body-check.js';
import { type Machine, NONE } from '../engine/machine.js';
import { problem } from '../engine/refusals.js';

export const BODIES: Machine = {
  kind: 'bodies',
  available: true,
  isReadByAll: true,
  states: ['in_office', 'replaced'],
  transitions: [
    {
      number: 'B1',
      from: [NONE],
      act: 'create',
      example: { name: { zh: '数据共享工作机构' }, contact: '0591-12345678', head: 'xu' },
      to: 'in_office',
      who: ['own.administrator'],
      body: { name: TITLE, contact: TEXT, head: TEXT },
      sides: ({ caller }) => ({ own: caller?.party ?? '' }),
      guard: [
        'name',
        'contact',
        'head',
        {
          name: 'a head who holds body_head',
          check: ({ body, world, caller }) => {
            const head = world.officers.get(String(body.head ?? ''));
            const isHead = head?.party === caller?.party && head?.roles.includes('body_head');
            return isHead || body.head === undefined
              ? undefined
              : problem('/head', 'NO_BODY_HEAD', 'is no officer of the department with the role body_head');
          },
        },
      ],
      apply: async (context) => {
        const { file, body, caller, world } = context;
        const { name, contact, head } = body;
        file.document = { id: file.id, party: caller?.party, name, contact, head };
        const previous = world.bodies.bodyOf(caller?.party ?? '');
        if (previous !== undefined) await context.follow({ ref: { kind: 'bodies', id: previous }, act: 'replace' });
      },
      notices: ['own', 'CD'],
      article: 'R11',
    },
    { number: 'B2', from: ['in_office'], act: 'replace', to: 'replaced', who: ['bus'], article: 'R11' },
  ],
};
