import { type Pgoutput, PgoutputPlugin } from 'pg-logical-replication';

const VALUE_AS_TEXT = (text: string): string => text;

/** Messages of pgoutput, protocol version 1, with values as PostgreSQL writes them. */
export class PgoutputDecoder {
  readonly #plugin = new PgoutputPlugin({ protoVersion: 1, publicationNames: [] });

  decode(message: Buffer): Pgoutput.Message {
    const decoded = this.#plugin.parse(message);
    // The rows that follow are read by these parsers, which would turn dates into local times.
    if (decoded.tag === 'relation') for (const column of decoded.columns) column.parser = VALUE_AS_TEXT;
    return decoded;
  }
}
