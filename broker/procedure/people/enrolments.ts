import { createHash, randomBytes } from 'node:crypto';
import { momentOf } from '../clock/shanghai-days.js';
import { ID } from '../engine/body-check.js';
import { type Machine, NONE } from '../engine/machine.js';
import { problem } from '../engine/refusals.js';

/** Time in which the first administrator of a department redeems its code, by the bus's time. */
const VALID_DAYS = 14;
const DAY_MS = 86_400_000;
const CODE_BYTES = 24;

export const codeDigest = (code: string): string => createHash('sha256').update(code, 'utf8').digest('hex');

/** The code names its enrolment, so that it is found without a search. */
export const enrolmentOfCode = (code: string): string => code.slice(0, Math.max(0, code.indexOf('.')));

export const ENROLMENTS: Machine = {
  kind: 'enrolments',
  available: true,
  onDue: 'expire',
  states: ['open', 'redeemed', 'expired'],
  isReadable: (file, caller, relations) =>
    caller.party === relations.owner || file.memo.by === caller.party ? true : undefined,
  transitions: [
    {
      number: 'F1',
      from: [NONE],
      act: 'create',
      to: 'open',
      who: ['peer.competent_reviewer', 'superior.competent_reviewer', 'owner.competent_reviewer'],
      body: { party: ID },
      sides: ({ body }) => (typeof body.party === 'string' ? { own: body.party } : undefined),
      guard: [
        'party',
        {
          name: 'a registered party',
          check: ({ body, world }) =>
            body.party === undefined || world.parties.get(String(body.party))
              ? undefined
              : problem('/party', 'NOT_FOUND', 'is not registered'),
        },
        {
          name: 'by the peer; for a competent department by its superior, or by the owner where there is none',
          check: ({ body, world, caller }) => {
            const { relations } = world;
            const party = String(body.party ?? '');
            const peer = relations.peerOf(party);
            const by = peer === party ? (relations.superiorOf(party) ?? relations.owner) : (peer ?? relations.owner);
            return by === caller?.party ? undefined : problem('', 'NOT_YOUR_ROLE', `is for ${by}`, 'R11');
          },
        },
      ],
      apply: (context) => {
        const { file, body, caller, nowMs } = context;
        const code = `${file.id}.${randomBytes(CODE_BYTES).toString('base64url')}`;
        const expiresAt = momentOf(nowMs + VALID_DAYS * DAY_MS);
        file.document = { id: file.id, party: body.party, expiresAt };
        file.memo = { by: caller?.party, codeSha256: codeDigest(code), endsAt: expiresAt };
        Object.assign(context.once, { code, expiresAt });
      },
      notices: ['own'],
      article: 'R11',
    },
    {
      number: 'F2',
      from: [NONE, 'open'],
      act: 'redeem',
      to: 'redeemed',
      who: ['bus'],
      apply: async (context) => {
        const { file, body } = context;
        const { officer, party, credential } = body as {
          officer: { id: string; name: unknown };
          party: string;
          credential: string;
        };
        file.sides = { own: party };
        file.document = { ...file.document, id: file.id, party, officer: officer.id };
        file.memo = { ...file.memo, endsAt: undefined };
        await context.follow({
          ref: { kind: 'officers', id: officer.id },
          act: 'redeem',
          body: { party, name: officer.name, credential },
        });
      },
      article: 'R11',
    },
    {
      number: 'F3',
      from: ['open'],
      act: 'expire',
      to: 'expired',
      who: ['bus'],
      apply: ({ file }) => {
        file.memo = { ...file.memo, endsAt: undefined };
      },
      article: 'R11',
    },
  ],
};
