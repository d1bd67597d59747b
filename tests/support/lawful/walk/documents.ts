import type { ApplicationBody, EntryText } from '../model/files.js';
import { LISTED_CONDITION } from '../model/machines/reply.js';

/** The item of every entry that says whose record it is. */
export const IDENTIFIER = 'idNumber';
/** The item that a backflow goes by. */
export const REGION = 'region';

const item = (name: string, fault: string | undefined): object => ({
  name,
  type: fault === 'type' && name === IDENTIFIER ? 'integer' : 'string',
  ...(name === IDENTIFIER && { identifier: true, required: true, personal: 'personal' }),
  ...(name === REGION && { filterable: true }),
  ...(name === IDENTIFIER && fault === 'secret' && { secret: true }),
  ...(name === IDENTIFIER && fault === 'core' && { grade: 'core' }),
});

function sharing({ attribute, rank }: EntryText): object {
  switch (attribute) {
    case 'conditional':
      return { conditions: { range: 'departments with a duty', purpose: 'their duty', other: [LISTED_CONDITION] } };
    case 'not_shared':
      return { notSharedReason: 'the law says so', legalBasis: [{ rank, title: 'Law on Secrets', article: '7' }] };
    default:
      return {};
  }
}

/** The document of an entry's text; `fault` is one that PUT refuses, `paper` the digest of an attachment. */
export function documentOf(id: string, text: EntryText, paper: string, fault?: string): Record<string, unknown> {
  const assessed = { by: 'Chen', on: '2025-12-02', attachment: paper };
  const document: Record<string, unknown> = {
    id,
    name: { zh: '登记' },
    abstract: `edition ${text.edition}`,
    catalogLevel: 'department',
    provider: id.split('.')[0],
    format: 'database',
    updateFrequency: 'real_time',
    sharingAttribute: text.attribute,
    sharingModes: ['event_stream'],
    ...sharing(text),
    dataClass: 'population',
    dataGrade: 'general',
    secrecyAssessment: { result: 'not_secret', ...assessed },
    piAssessment: { number: 'PIA-1', ...assessed },
    correctionChannel: { contact: 'work body' },
    disposalRequirement: { method: 'destroy', ...(text.withinDays !== undefined && { withinDays: text.withinDays }) },
    promisedDays: fault === 'promise' ? { D4: 11 } : text.promised,
    ...(text.items.includes(REGION) && { backflowItem: REGION }),
    ...(text.derivedFrom && { derivedFrom: [text.derivedFrom] }),
    ...(fault === 'standards' && { standards: [{ name: 'GB/T 2260' }] }),
    items: text.items.map((name) => item(name, fault)),
  };
  for (const field of text.lacks) delete document[field];
  return document;
}

export function applicationOf({ entry, system, items, period, lacks }: ApplicationBody): Record<string, unknown> {
  const document: Record<string, unknown> = {
    entry,
    system,
    items: items.map((name) => ({ name })),
    basis: [{ rank: 'law', title: 'Law on Maternal and Infant Health Care', article: '24' }],
    scenario: 'vaccination calendar',
    range: 'newborns',
    mode: 'event_stream',
    period,
    dutyBasis: 'health care',
    piGround: 'statutory_duty',
    piAssessment: 'PIA-H-1',
    securityMeasures: 'graded protection level 3',
    truthStatement: true,
  };
  for (const field of lacks) delete document[field];
  return document;
}
