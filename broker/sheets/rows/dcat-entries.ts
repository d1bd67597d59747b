import { UnusableFileError } from '../reading/table.js';
import type { SheetFile } from './sheet-entry.js';

export function dcatEntries(_bytes: Uint8Array): SheetFile {
  throw new UnusableFileError('DCAT-AP is not read by this version');
}
