/** The one comparison of log epochs: ids are random, so two epochs are the same or have nothing to do with each other. */
export const isSameEpoch = (a: string, b: string): boolean => a === b;

/**
 * A position in one epoch of a partition's log.
 *
 * Comparing the numbers alone looks right until a log is truncated: from then on the same number names another event. So
 * every question about two positions asks for the epoch first, and positions of different epochs are neither before nor
 * after each other, nor does one cover the other. Frames and records keep the two apart, as `log` and `position`.
 */
export class LogPosition {
  constructor(
    readonly epoch: string,
    readonly position: number,
  ) {}

  static of({ log, position }: { log: string; position: number }): LogPosition {
    return new LogPosition(log, position);
  }

  /** The number of the position, or undefined when it belongs to another epoch and names nothing in this one. */
  within(epoch: string): number | undefined {
    return isSameEpoch(this.epoch, epoch) ? this.position : undefined;
  }

  /** Whether everything up to `other` lies at or before this position. */
  covers(other: LogPosition): boolean {
    return isSameEpoch(this.epoch, other.epoch) && this.position >= other.position;
  }

  isAfter(other: LogPosition): boolean {
    return isSameEpoch(this.epoch, other.epoch) && this.position > other.position;
  }
}
