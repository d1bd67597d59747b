import type { EntryDocument, Item } from '../../../proto/entry/entry.js';
import { isMap } from '../../../proto/values/is-map.js';

interface LawfulField {
  field: string;
  /** Returns what the field lacks, undefined when nothing. */
  problem(entry: EntryDocument): string | undefined;
}

const FORMATS = [
  'document',
  'spreadsheet',
  'database',
  'image',
  'streaming_media',
  'self_describing',
  'service_interface',
];
const FREQUENCIES = ['real_time', 'daily', 'weekly', 'monthly', 'quarterly', 'yearly', 'other'];
const MODES = ['service_interface', 'batch_exchange', 'file_download', 'event_stream'];
/** Ranks of a legal basis that may exempt data from sharing; rules of departments and local rules may not. */
const RANKS = ['law', 'administrative_regulation', 'state_council_decision'];
const GRADES = ['general', 'important', 'core'];

const given = (field: string): LawfulField => ({
  field,
  problem: (entry) => (isEmpty(entry[field]) ? 'is missing' : undefined),
});

const chosen = (field: string, allowed: string[]): LawfulField => ({
  field,
  problem: (entry) => {
    if (isEmpty(entry[field])) return 'is missing';
    const values = Array.isArray(entry[field]) ? (entry[field] as unknown[]) : [entry[field]];
    return values.every((value) => allowed.includes(value as string))
      ? undefined
      : `must be one of ${allowed.join(', ')}`;
  },
});

/**
 * Fields that articles 13 to 15 demand of an entry besides name and items. Approvals and reviews are acts of the life
 * cycle and no fields of the document.
 */
const FIELDS: LawfulField[] = [
  given('provider'),
  chosen('format', FORMATS),
  chosen('updateFrequency', FREQUENCIES),
  chosen('sharingModes', MODES),
  { field: 'conditions', problem: conditionsProblem },
  given('dataClass'),
  chosen('dataGrade', GRADES),
  { field: 'dataGrade', problem: gradeProblem },
  { field: 'secrecyAssessment', problem: secrecyProblem },
  { field: 'piAssessment', problem: personalProblem },
  {
    field: 'notSharedReason',
    problem: (entry) => (isNotShared(entry) ? given('notSharedReason').problem(entry) : undefined),
  },
  { field: 'legalBasis', problem: legalBasisProblem },
];

/** Every demand of the law that the entry does not meet, as `field: what`. */
export function lawfulProblems(entry: EntryDocument): string[] {
  const problems = FIELDS.map(({ field, problem }) => ({ field, what: problem(entry) }));
  return problems.filter(({ what }) => what !== undefined).map(({ field, what }) => `${field}: ${what}`);
}

function conditionsProblem(entry: EntryDocument): string | undefined {
  const { conditions, sharingAttribute } = entry;
  if (sharingAttribute === 'unconditional') {
    return isEmpty(conditions) ? undefined : 'must be empty, the data is shared unconditionally';
  }
  if (sharingAttribute !== 'conditional') return undefined;
  if (!isMap(conditions)) return 'is missing';
  return isEmpty(conditions.range) || isEmpty(conditions.purpose) ? 'must state range and purpose' : undefined;
}

function gradeProblem(entry: EntryDocument): string | undefined {
  const grade = GRADES.indexOf(entry.dataGrade as string);
  if (grade < 0) return undefined;
  if (grade === GRADES.indexOf('core')) return 'core data is not shared over this bus';
  const highest = Math.max(...entry.items.map((item) => GRADES.indexOf(item.grade ?? 'general')));
  return grade < highest ? 'is below the grade of an item' : undefined;
}

function secrecyProblem(entry: EntryDocument): string | undefined {
  const assessment = entry.secrecyAssessment;
  if (!isMap(assessment)) return 'is missing';
  return assessment.result === 'not_secret' ? undefined : 'must have the result not_secret';
}

function personalProblem(entry: EntryDocument): string | undefined {
  return entry.items.some(isPersonal) && isEmpty(entry.piAssessment) ? 'is missing, an item is personal' : undefined;
}

const isPersonal = ({ personal }: Item): boolean =>
  personal === true || personal === 'personal' || personal === 'sensitive';

function legalBasisProblem(entry: EntryDocument): string | undefined {
  if (!isNotShared(entry)) return undefined;
  const { legalBasis } = entry;
  if (!Array.isArray(legalBasis) || legalBasis.length === 0) return 'is missing';
  const complete = legalBasis.every(
    (basis) => isMap(basis) && RANKS.includes(basis.rank as string) && !isEmpty(basis.title),
  );
  return complete ? undefined : `must give rank (${RANKS.join(', ')}) and title of each`;
}

const isNotShared = (entry: EntryDocument): boolean => entry.sharingAttribute === 'not_shared';

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (typeof value === 'string') return value.trim() === '';
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
