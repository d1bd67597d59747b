/** Seconds. One write to a local disk takes about a millisecond, one across a slow cluster some seconds. */
export const SHORT_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The same, closer around the second that a commit may take: a quantile is read between two bounds. */
export const COMMIT_SECONDS = [...SHORT_SECONDS, 0.75, 1.25, 1.5, 2].sort((a, b) => a - b);

/** Events, from a single one to the largest atomic batch that JetStream takes. */
export const COMMIT_EVENTS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000];

/** Seconds from acceptance to the socket. Live delivery takes milliseconds; catching up later is not counted. */
export const DELIVERY_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Seconds from acceptance to the acknowledgement of a subscriber, which may process for minutes. */
export const ACKNOWLEDGE_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** Seconds of a request: its route and method are labels, so there are few. */
export const REQUEST_SECONDS = [0.01, 0.1, 1, 10];

/** Seconds from an act that ends a right to the last byte under it; the promise is one. */
export const REVOCATION_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 30];
