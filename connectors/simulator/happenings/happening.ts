import type { RecordData, SourceOp } from '../../../proto/event/event.js';
import type { World } from '../world.js';

/** What one happening makes a register publish. */
export interface RegisterChange {
  entry: string;
  op: SourceOp;
  subject: string;
  data?: RecordData | undefined;
  previous?: RecordData | undefined;
}

/** Something that happens to a citizen or business, with its traces in the registers. Empty when it can't happen now. */
export type Happening = (world: World) => RegisterChange[];
