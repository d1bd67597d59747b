import { splitEntryId } from '../../../proto/entry/entry.js';
import type { LawfulProblem } from '../../../proto/errors.js';
import { digestOf } from '../engine/answer.js';
import { type ActContext, type Machine, NONE, nowOf } from '../engine/machine.js';
import { problem } from '../engine/refusals.js';
import type { Fields, ProcedureFile } from '../files/file.js';
import { APPLICATION_EXAMPLE } from '../published/example-documents.js';
import {
  APPLICATION_BODY,
  type ApplicationDocument,
  draftProblems,
  missingParts,
  NEVER_USED,
  notShared,
  systemMayReceive,
  unlikeVersion,
  versionInForce,
} from './document-check.js';
import { preparedFor, REPLY_ACTS, standingConsent } from './reply-acts.js';

const DAYS_UNCONDITIONAL = 1;
const DAYS_CONDITIONAL = 10;

export const applicationOf = ({ document }: ProcedureFile): ApplicationDocument =>
  document as unknown as ApplicationDocument;

const DRAFT = { name: 'entry published, items of its version', check: draftProblems };

/** Lays the document down whole; a signature of an earlier one is void. */
function layDown({ file, body, caller, attachments }: ActContext): void {
  const { reason: _, digest: _digest, ...given } = body;
  const { neverUsed } = file.document;
  file.document = {
    id: file.id,
    party: caller?.party,
    ...given,
    ...(attachments.length > 0 && { attachments }),
    ...(neverUsed !== undefined && { neverUsed }),
  };
  const entry = String(body.entry);
  file.sides = { ...file.sides, provider: splitEntryId(entry).party };
  file.about = [`catalog/${entry}`];
  const drafters = (file.memo.drafters as string[] | undefined) ?? [];
  file.memo = { drafters: [...new Set([...drafters, caller?.id ?? ''])] };
}

const versionOf = ({ world, file }: ActContext) => versionInForce(world, applicationOf(file).entry);

/** A draft lacks the same parts after its entry was withdrawn; only the filing asks for a version in force. */
const lastVersionOf = ({ world, file }: ActContext) => world.catalog.lastPublished(applicationOf(file).entry);

/** Conditions that an application meets when it goes to the provider. */
function filingProblems(context: ActContext): LawfulProblem[] {
  const { world, file } = context;
  const document = applicationOf(file);
  const version = versionOf(context);
  const { provider, demand } = file.sides;
  const headless = [demand, provider].filter((party) => world.bodies.headOf(String(party)) === undefined);
  return [
    ...(version ? [...notShared(document, version), ...unlikeVersion(document, version)] : []),
    ...(version ? [] : [problem('/entry', 'NOT_IN_CATALOG', 'is no published entry')]),
    ...systemMayReceive(document, world),
    ...headless.map((party) => problem('', 'NO_BODY_HEAD', `${String(party)} has no work body with a head in office`)),
  ];
}

async function file(context: ActContext): Promise<void> {
  const { file: own, clocks, nowMs, follow } = context;
  const version = versionOf(context);
  const { document } = version ?? {};
  own.document = { ...own.document, version: version?.version };
  own.memo = { ...own.memo, filedAt: nowOf(context) };
  const isUnconditional = document?.sharingAttribute === 'unconditional';
  const id = isUnconditional ? 'D3' : 'D4';
  const promised = (document?.promisedDays ?? {}) as Record<string, number>;
  clocks.start(
    {
      id,
      party: String(own.sides.provider),
      startMs: nowMs,
      unit: 'wd',
      length: isUnconditional ? DAYS_UNCONDITIONAL : DAYS_CONDITIONAL,
    },
    promised[id],
  );
  const consent = isUnconditional ? await standingConsent(context) : undefined;
  if (consent) await follow({ ref: own, act: 'approve', body: consent });
}

/** An application that was not filed is its department's own. */
const isFiled = ({ memo }: ProcedureFile): boolean => memo.filedAt !== undefined;

const links = (one: ProcedureFile): Record<string, string> => {
  const { entry, grant } = applicationOf(one);
  const { memo, state } = one;
  // A refusal is open to a dispute, and names the address for it before there is one.
  const open = state === 'refused' ? '/v1/disputes' : undefined;
  const dispute = typeof memo.dispute === 'string' ? `/v1/disputes/${memo.dispute}` : open;
  return {
    entry: `/v1/catalog/${entry}`,
    ...(grant !== undefined && { grant: `/v1/grants/${grant}` }),
    ...(dispute !== undefined && { dispute }),
  };
};

/** Sharing applications. */
export const APPLICATIONS: Machine = {
  kind: 'applications',
  available: true,
  states: ['draft', 'signed', 'filed', 'supplement_asked', 'extended', 'approved', 'refused', 'cancelled'],
  links,
  answer: (one): Fields => {
    const { grant } = applicationOf(one);
    return grant === undefined ? {} : { grant };
  },
  details: preparedFor,
  isReadable: (one, caller) => (isFiled(one) ? undefined : caller.party === one.sides.demand),
  transitions: [
    {
      number: 'A1',
      from: [NONE],
      act: 'create',
      example: APPLICATION_EXAMPLE,
      to: 'draft',
      who: ['own.applicant'],
      body: APPLICATION_BODY,
      sides: ({ caller }) => ({ own: caller?.party ?? '', demand: caller?.party ?? '' }),
      guard: [DRAFT],
      apply: (context) => {
        layDown(context);
        const { [NEVER_USED]: neverUsed } = context.body as Fields & { [NEVER_USED]?: string[] };
        if (neverUsed !== undefined) context.file.document.neverUsed = neverUsed;
      },
      article: 'R20',
    },
    {
      number: 'A2',
      from: ['draft', 'signed'],
      act: 'edit',
      example: APPLICATION_EXAMPLE,
      to: 'draft',
      who: ['own.applicant'],
      body: APPLICATION_BODY,
      guard: [DRAFT],
      apply: layDown,
      article: 'R20',
    },
    {
      number: 'A3',
      from: ['draft'],
      act: 'sign',
      to: 'signed',
      who: ['demand.body_head'],
      fourEyes: ({ file: { memo } }) => (memo.drafters as string[] | undefined) ?? [],
      digest: { needed: false, of: (context) => digestOf(context.file.document) },
      guard: [
        {
          name: 'the six parts, truthStatement',
          check: (context) => [
            ...missingParts(applicationOf(context.file), lastVersionOf(context)),
            ...systemMayReceive(applicationOf(context.file), context.world),
          ],
        },
      ],
      apply: ({ file: own, caller }) => {
        own.memo = { ...own.memo, signedBy: caller?.id };
      },
      article: 'R20',
    },
    {
      number: 'A4',
      from: ['signed'],
      act: 'file',
      to: 'filed',
      who: ['demand.applicant', 'demand.body_head'],
      guard: [{ name: 'shared, in force, system may subscribe, bodies with heads', check: filingProblems }],
      clocks: ['+D3', '+D4'],
      apply: file,
      notices: ['P', 'CD'],
      article: 'R20',
    },
    ...REPLY_ACTS,
  ],
};
