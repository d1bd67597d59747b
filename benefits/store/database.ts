/** One PostgreSQL, wherever it runs. Values come as PostgreSQL writes them, as texts. */
export type Row = Record<string, string | null>;

export interface Sql {
  query(text: string, values?: readonly (string | number | boolean | null)[]): Promise<Row[]>;
}

/** Transactions run one after the other: a decision sees all of the event before it. */
export interface Database extends AsyncDisposable {
  /** Commits what the work did, or nothing of it. Throws PeerGoneError when the database can't be reached. */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
}
