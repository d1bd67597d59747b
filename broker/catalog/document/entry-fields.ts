import { quotedName } from '../../../proto/foreign-name.js';

/** Fields that the broker reads. Those that the law asks for are judged in broker/catalog/document/lawful-fields.ts. */
const READ = ['id', 'name', 'abstract', 'sharingAttribute', 'items', 'retentionDays', 'provider', 'format'];
const LAWFUL = ['updateFrequency', 'sharingModes', 'conditions', 'dataClass', 'dataGrade', 'secrecyAssessment'];
const LAWFUL_FOR_SOME = ['piAssessment', 'notSharedReason', 'legalBasis'];
/** Fields that are customary in government catalogs. They are stored for readers of the catalog; the broker ignores them. */
const CUSTOMARY = [
  ...['description', 'resourceCode', 'catalogLevel', 'category', 'sourceDepartment', 'regionCode', 'relatedCodes'],
  ...['openToPublic', 'openConditions', 'trigger', 'correctionChannel', 'qualityRules', 'disposalRequirement'],
];
const KNOWN: ReadonlySet<string> = new Set([...READ, ...LAWFUL, ...LAWFUL_FOR_SOME, ...CUSTOMARY]);

/** Warns about unknown fields: a misspelled one is stored like any other, and would be missed only when it is needed. */
export function unknownFields(document: object): string[] {
  return Object.keys(document)
    .filter((field) => !KNOWN.has(field))
    .map((field) => `${quotedName(field)}: is not a known field; it is stored and ignored`);
}
