import type { EntryDocument } from '../../../proto/entry/entry.js';
import type { LawfulClient } from './lawful-bus.js';

/** The whole application of a department for an entry. */
export const applicationFor = (entry: EntryDocument, system: string, more: object = {}): object => ({
  entry: entry.id,
  system,
  items: entry.items.map(({ name }) => ({ name })),
  basis: [{ rank: 'law', title: 'Law on Maternal and Infant Health Care', article: '24' }],
  scenario: 'vaccination calendar',
  range: 'newborns of Fujian',
  mode: 'event_stream',
  period: { from: '2025-12-01', to: '2026-12-31' },
  dutyBasis: 'health care of newborns',
  piGround: 'statutory_duty',
  piAssessment: 'PIA-H-2026-3',
  securityMeasures: 'graded protection level 3',
  truthStatement: true,
  ...more,
});

/** Drafts, signs and files an application; the answer of `file`. */
export async function fileApplication(
  bus: LawfulClient,
  [applicant, head]: readonly [string, string],
  application: object,
): ReturnType<LawfulClient['act']> {
  const { id } = await bus.act(applicant, '/v1/applications', application);
  await bus.act(head, `/v1/applications/${id}/sign`);
  return bus.act(applicant, `/v1/applications/${id}/file`);
}
