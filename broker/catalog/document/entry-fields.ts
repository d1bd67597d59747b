import { quotedName } from '../../../proto/foreign-name.js';

/** What the broker reads, and what the law asks for: broker/catalog/document/lawful-fields.ts judges these. */
const READ = ['id', 'name', 'abstract', 'sharingAttribute', 'items', 'retentionDays', 'provider', 'format'];
const LAWFUL = ['updateFrequency', 'sharingModes', 'conditions', 'dataClass', 'dataGrade', 'secrecyAssessment'];
const LAWFUL_FOR_SOME = ['piAssessment', 'notSharedReason', 'legalBasis'];
/** What catalogs of the country also have: kept for their readers, nothing here looks at them. */
const CUSTOMARY = [
  ...['description', 'resourceCode', 'catalogLevel', 'category', 'sourceDepartment', 'regionCode', 'relatedCodes'],
  ...['openToPublic', 'openConditions', 'trigger', 'correctionChannel', 'qualityRules', 'disposalRequirement'],
];
const KNOWN: ReadonlySet<string> = new Set([...READ, ...LAWFUL, ...LAWFUL_FOR_SOME, ...CUSTOMARY]);

/** A field with one letter wrong would otherwise be kept, and missed only when somebody looks for it. */
export function unknownFields(document: object): string[] {
  return Object.keys(document)
    .filter((field) => !KNOWN.has(field))
    .map((field) => `${quotedName(field)}: is not a known field, it is kept and not looked at`);
}
