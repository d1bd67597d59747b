/** A request to a load process, answered by one `Answer` with the same number. */
export interface Request {
  number: number;
  act: string;
  body: unknown;
}

export interface Answer {
  number: number;
  body?: unknown;
  failed?: string;
}

/** A message that a load process sends without a request. */
export interface Report {
  report: string;
  body: unknown;
}
