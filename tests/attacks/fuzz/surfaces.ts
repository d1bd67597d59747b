import { DOCUMENT_SURFACES } from './document-surfaces.js';
import { EVENT_SURFACES } from './event-surfaces.js';
import { FRAME_SURFACES } from './frame-surfaces.js';
import { QUERY_SURFACES } from './query-surfaces.js';
import type { Surface } from './surface.js';

export const SURFACES: readonly Surface[] = [
  ...EVENT_SURFACES,
  ...DOCUMENT_SURFACES,
  ...QUERY_SURFACES,
  ...FRAME_SURFACES,
];
