import { quotedName } from '../../../proto/foreign-name.js';
import { isMap } from '../../../proto/values/is-map.js';
import type { Shape } from '../../parties/document-shape.js';
import { LISTS, MAPS } from './entry-shape.js';

/** Fields that the broker reads. */
const READ = ['id', 'name', 'abstract', 'sharingAttribute', 'items', 'retentionDays', 'provider', 'format'];
/** Fields that the Regulation asks for or knows; broker/catalog/document/entry-shape.ts judges them on a lawful bus. */
export const LAWFUL_FIELDS = [
  'updateFrequency',
  'sharingModes',
  'conditions',
  'dataClass',
  'dataGrade',
  'secrecyAssessment',
  'piAssessment',
  'notSharedReason',
  'legalBasis',
  'catalogLevel',
  'resourceCode',
  'importantData',
  'correctionChannel',
  'disposalRequirement',
  'promisedDays',
  'backflowItem',
  'derivedFrom',
  'standards',
  'category',
  'schemaRef',
  'qualityRules',
  'relatedCodes',
  'openToPublic',
  'openConditions',
  'profile',
];
/** Fields that are customary in government catalogs. They are stored for readers of the catalog; the broker ignores them. */
const CUSTOMARY = ['description', 'sourceDepartment', 'regionCode', 'trigger'];
const KNOWN: ReadonlySet<string> = new Set([...READ, ...LAWFUL_FIELDS, ...CUSTOMARY]);

/** More than anybody misspells; a document of a mebibyte can hold 50,000. */
const UNKNOWN_NAMED_MAX = 100;

/** Warns about unknown fields: a misspelled one is stored like any other, and would be missed only when it is needed. */
export function unknownFields(document: Readonly<Record<string, unknown>>): string[] {
  const unknown = [
    ...Object.keys(document).filter((field) => !KNOWN.has(field)),
    ...Object.entries(MAPS).flatMap(([field, shape]) => unknownMembers(document[field], shape, field)),
    ...Object.entries(LISTS).flatMap(([field, shape]) => {
      const elements = Array.isArray(document[field]) ? document[field] : [];
      return elements.flatMap((one, index) => unknownMembers(one, shape, `${field}[${index}]`));
    }),
  ];
  const named = unknown.slice(0, UNKNOWN_NAMED_MAX);
  const warnings = named.map((field) => `${quotedName(field)}: is not a known field; it is stored and ignored`);
  const further = unknown.length - named.length;
  return further > 0 ? [...warnings, `document: ${further} further fields are not known`] : warnings;
}

const unknownMembers = (value: unknown, shape: Shape, path: string): string[] =>
  isMap(value)
    ? Object.keys(value)
        .filter((member) => !Object.hasOwn(shape, member))
        .map((member) => `${path}.${member}`)
    : [];
