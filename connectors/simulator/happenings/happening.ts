import type { RecordData, SourceOp } from '../../../proto/event/event.js';
import type { World } from '../world.js';

/** A change that a happening makes in one register. */
export interface RegisterChange {
  entry: string;
  op: SourceOp;
  subject: string;
  data?: RecordData | undefined;
  previous?: RecordData | undefined;
}

/** Something that happens to a citizen or business, as changes of the registers; none when it cannot happen now. */
export type Happening = (world: World) => RegisterChange[];
