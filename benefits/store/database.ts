/** A row of PostgreSQL, whether it runs on a server or in this process: values as strings, in PostgreSQL's own notation. */
export type Row = Record<string, string | null>;

export interface Sql {
  query(text: string, values?: readonly (string | number | boolean | null)[]): Promise<Row[]>;
}

/** Transactions run one after the other, so a decision sees everything of the events before it. */
export interface Database extends AsyncDisposable {
  /** Commits all that the work did or nothing of it. Throws PeerGoneError when the database cannot be reached. */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
}
