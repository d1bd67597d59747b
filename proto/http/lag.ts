/** How far one cursor of a grant is behind, as `GET /v1/lag` reports it. */
export interface CursorLag {
  grant: string;
  party: string;
  system: string;
  entry: string;
  cursor: string;
  connected: boolean;
  /** Last acknowledged position; null when nothing was acknowledged yet. */
  position: number | null;
  /** Last position of the log. */
  end: number;
  /** Granted events after the position; counted as they are accepted. */
  unacknowledged: number;
  /** True while older events are still being counted: there may be more. */
  more: boolean;
  /** When the oldest of them was accepted. */
  oldestAt: string | null;
  lastAckAt: string | null;
}

export interface LagReport {
  cursors: CursorLag[];
  /** Present while the store answers slowly: acknowledgements since then are not counted. */
  asOf?: string | undefined;
  /** `after` of the next page, when there are more grants. */
  next?: string | undefined;
}
