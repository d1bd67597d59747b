import type { LawfulProblem } from '../../../proto/errors.js';
import { missingForApproval } from '../../catalog/document/approval.js';
import { DATE, TEXT } from '../engine/body-check.js';
import { type ActContext, type Guard, todayOf } from '../engine/machine.js';
import { problem } from '../engine/refusals.js';
import type { ProcedureFile } from '../files/file.js';
import { draftOf, memoOf, openD1 } from './entry-file.js';
import { isAnnounced, uncoveredGrants } from './entry-impact.js';
import { incompatibility } from './entry-text.js';

/** Working days by which D1 may be extended, once (R17). */
const EXTENSION_DAYS_MAX = 5;
/** Designations that stand, and consents to one grant: a bound for what one look reads. */
const FILES_MAX = 1_000;

export const COMPLETE: Guard = {
  name: 'all of 5.1 complete, both assessments, rank of the legal basis',
  check: ({ file }) => {
    const draft = draftOf(file);
    const found = draft ? missingForApproval(draft) : [];
    const problems = found.map(({ path, code, article, text }) => problem(path, code, text, article));
    // The rank is judged behind completeness, whatever the order of the fields.
    const isRank = ({ code }: LawfulProblem): boolean => code === 'RANK_TOO_LOW';
    return [...problems.filter((one) => !isRank(one)), ...problems.filter(isRank)];
  },
};

export const BODY_WITH_HEAD: Guard = {
  name: 'a work body with a head in office',
  check: ({ world, file }) =>
    world.bodies.headOf(file.sides.own ?? '') === undefined
      ? problem('', 'NO_BODY_HEAD', 'the department has no work body with a head in office')
      : undefined,
};

/** Members of a designation that say who leads in which items, and which departments are excepted. */
interface Designation {
  items?: string[];
  lead?: string;
  exceptions?: { party?: string; items?: string[] }[];
}

const shown = <T>({ fields, document }: ProcedureFile): T => (fields ?? document) as T;

function isLedByAnother({ items = [], lead, exceptions = [] }: Designation, code: string, party: string): boolean {
  if (!items.includes(code) || lead === undefined || lead === party) return false;
  return !exceptions.some((one) => one.party === party && one.items?.includes(code));
}

export const NO_OTHER_LEAD: Guard = {
  name: 'no item that another department provides by designation',
  check: async ({ batch, file }) => {
    const items = draftOf(file)?.items ?? [];
    if (!items.some(({ itemCode }) => itemCode !== undefined)) return undefined;
    const states = ['designated', 'catalog_updated'];
    const standing = await batch.list({ kind: 'designations', states, limit: FILES_MAX });
    const designations = standing.map(shown<Designation>);
    return items.flatMap(({ itemCode }, index): LawfulProblem[] => {
      if (itemCode === undefined) return [];
      const by = designations.find((one) => isLedByAnother(one, itemCode, file.sides.own ?? ''));
      return by
        ? [problem(`/items/${index}/itemCode`, 'LEAD_EXISTS', `is provided by ${by.lead}, by designation`)]
        : [];
    });
  },
};

/** Items that came by a grant, as an entry names them. */
interface Derived {
  grant?: string;
  items?: string[];
}

interface Onward {
  kind?: string;
  items?: string[];
}

export const RECEIVED_WITH_CONSENT: Guard = {
  name: "received items with their provider's consent to onward sharing",
  check: async ({ batch, file }) => {
    const derived = (draftOf(file) as { derivedFrom?: Derived[] } | undefined)?.derivedFrom ?? [];
    const problems: LawfulProblem[] = [];
    for (const [index, { grant, items = [] }] of derived.entries()) {
      const found = await batch.list({
        kind: 'consents',
        about: `grants/${grant}`,
        states: ['in_force'],
        limit: FILES_MAX,
      });
      const consented = new Set(
        found
          .map(shown<Onward>)
          .filter(({ kind }) => kind === 'onward')
          .flatMap((one) => one.items ?? []),
      );
      const lacking = items.filter((name) => !consented.has(name));
      if (lacking.length === 0 && found.length > 0) continue;
      const text = `came by grant ${grant}, and its provider has not consented to sharing it onward`;
      problems.push(problem(`/derivedFrom/${index}`, 'CONSENT_MISSING', text));
    }
    return problems;
  },
};

export const ANNOUNCED: Guard = {
  name: 'a filed change where the version takes something from live grants',
  check: async (context) => {
    const draft = draftOf(context.file);
    if (!draft || (await isAnnounced(context, draft, ['filed', 'executed']))) return undefined;
    const text = 'takes something from live grants, and no change of the entry is filed for this text';
    return problem('', 'LIVE_GRANTS', text);
  },
};

export const CHANGE_EXECUTED: Guard = {
  name: 'an executed change where E4 needed one',
  check: async (context) => {
    const draft = draftOf(context.file);
    if (!draft || (await isAnnounced(context, draft, ['executed']))) return undefined;
    return problem('', 'NOT_FILED', 'takes something from live grants, and its change is not executed yet');
  },
};

/**
 * A grant may have come since the text was laid down, with rows that it breaks. Without an executed change `CHANGE_EXECUTED`
 * refuses that; with one, a holder of rows that cannot be judged any more would never get the `leave` of a record.
 */
export const STILL_COMPATIBLE: Guard = {
  name: 'compatible with the version before',
  check: async (context) => {
    const { world, file, nowMs } = context;
    const draft = draftOf(file);
    if (!draft || !(await isAnnounced(context, draft, ['executed']))) return undefined;
    const text = incompatibility(world, draft, nowMs);
    return text === undefined ? undefined : problem('', 'INCOMPATIBLE_VERSION', text);
  },
};

export const NO_LIVE_GRANTS: Guard = {
  name: 'no live grant, or all covered by an executed change',
  check: async (context) => {
    const uncovered = await uncoveredGrants(context);
    if (uncovered.length === 0) return undefined;
    return problem('', 'LIVE_GRANTS', `${uncovered.length} live grants are in no executed change of withdrawal`);
  },
};

/** A refusal with LIVE_GRANTS is a violation of the provider: it stops or changes a service at will (R39). */
export const violationOfLiveGrants = ({ file, transition }: ActContext, problems: readonly LawfulProblem[]) => {
  const found = problems.find(({ code }) => code === 'LIVE_GRANTS');
  if (!found) return undefined;
  const about = { kind: file.kind, id: file.id } as const;
  return {
    code: 'P7',
    party: file.sides.provider ?? '',
    about,
    facts: `${transition.act}: ${found.text}`,
    act: transition.act,
  };
};

export const TRIGGER_BODY = {
  trigger: {
    type: 'object',
    properties: {
      type: { enum: ['law', 'administrative_regulation', 'state_council_decision', 'duty_change'] },
      date: DATE,
      document: TEXT,
    },
    additionalProperties: false,
  },
};

export const WHOLE_TRIGGER: Guard = {
  name: 'type, date and document of the trigger, the date not in the future',
  check: (context) => {
    const { body, transition } = context;
    const trigger = body.trigger as { type?: string; date?: string; document?: string } | undefined;
    if (!trigger) return undefined;
    const missing = (['type', 'date', 'document'] as const)
      .filter((member) => trigger[member] === undefined)
      .map((member) => problem(`/trigger/${member}`, 'INCOMPLETE', 'is missing', transition.article));
    const isAhead = trigger.date !== undefined && trigger.date > todayOf(context);
    return [...missing, ...(isAhead ? [problem('/trigger/date', 'BAD_REQUEST', 'is in the future')] : [])];
  },
};

export const WITHIN_EXTENSION: Guard = {
  name: `at most ${EXTENSION_DAYS_MAX} days, once for each D1`,
  check: ({ file, body, transition }) => {
    const { article } = transition;
    const problems: LawfulProblem[] = [];
    if (Number(body.days) > EXTENSION_DAYS_MAX) {
      problems.push(problem('/days', 'EXTENSION_SPENT', `is more than ${EXTENSION_DAYS_MAX}`, article));
    }
    if (openD1(file) && memoOf(file).extension) {
      problems.push(problem('', 'EXTENSION_SPENT', 'an extension of this D1 was asked for already', article));
    }
    return problems;
  },
};

export const D1_IN_TIME: Guard = {
  name: 'D1 running and not late',
  check: ({ file, clocks, transition }) => {
    if (!openD1(file)) return problem('', 'WRONG_STATE', 'no D1 is running');
    return clocks.isLate('D1') ? problem('', 'OVERDUE', 'D1 is late', transition.article) : undefined;
  },
};

export const AS_ASKED: Guard = {
  name: 'an open request; days ≤ asked',
  check: ({ file, body, transition }) => {
    const { extension } = memoOf(file);
    if (!extension || extension.isGranted) return problem('', 'WRONG_STATE', 'no request for an extension is open');
    return Number(body.days) > extension.days
      ? problem(
          '/days',
          'EXTENSION_SPENT',
          `is more than the ${extension.days} that were asked for`,
          transition.article,
        )
      : undefined;
  },
};

export const WITHDRAWAL_REQUESTED: Guard = {
  name: 'a request for withdrawal stands',
  check: ({ file }) =>
    memoOf(file).withdrawalRequested
      ? undefined
      : problem('', 'WRONG_STATE', 'the department has not requested the withdrawal'),
};
