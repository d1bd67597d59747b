import type { Fields } from '../../../procedure/files/file.js';
import { ENTRY, GRANT, ITEMS, PAPER } from '../../../procedure/published/example-documents.js';

const DIGEST = '9b1c0f4d7be0a9e1c5a2f8d3b6e4907c1d2e3f405162738495a6b7c8d9eafb0c';

/** Members of a body by name, where they mean the same in every act. */
export const MEMBER_EXAMPLES: Fields = {
  reason: 'the range is wider than the duty',
  attachments: [PAPER],
  digest: DIGEST,
  entry: ENTRY,
  grant: GRANT,
  system: 'maternal-health',
  party: 'fujian-health',
  items: ITEMS,
  days: 5,
  due: '2026-03-20',
  until: '2026-12-31',
  demands: 'end the accounts that were not appointed',
  statement: 'the accounts were ended on 2026-03-18',
  text: 'births of the last ten years',
  finding: 'inadequate',
  proof: 1841,
  missed: 'skip',
  missing: ['the order of the health commission'],
};
