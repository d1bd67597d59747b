/** Words of the fields of an entry, in the order in which documents list them. */
export const CATALOG_LEVELS = ['national', 'regional', 'department'] as const;

export const FORMATS = [
  'document',
  'spreadsheet',
  'database',
  'image',
  'streaming_media',
  'self_describing',
  'service_interface',
] as const;

export const UPDATE_FREQUENCIES = [
  'real_time',
  'daily',
  'weekly',
  'monthly',
  'quarterly',
  'half_yearly',
  'yearly',
  'irregular',
  'none',
  'other',
] as const;

export const SHARING_MODES = ['service_interface', 'batch_exchange', 'file_download', 'event_stream'] as const;

/** Grades of data, from the lowest up. */
export const GRADES = ['general', 'important', 'core'] as const;

export const OPEN_TO_PUBLIC = ['yes', 'no', 'conditional'] as const;

/** Ranks of a legal basis, from the highest down. */
export const LEGAL_RANKS = [
  'law',
  'administrative_regulation',
  'state_council_decision',
  'department_rule',
  'local_regulation',
  'local_rule',
  'other',
] as const;
export type LegalRank = (typeof LEGAL_RANKS)[number];

/** Ranks that may exempt data from sharing (R14); rules of departments and local rules may not. */
export const EXEMPTING_RANKS: readonly LegalRank[] = ['law', 'administrative_regulation', 'state_council_decision'];

/** Code of a resource in the national catalog: digits of its category, and its number in it. */
export const RESOURCE_CODE = /^[1-3][0-9]{5,}\/[0-9]+$/;
