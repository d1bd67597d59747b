/** Messages between the broker and the thread that parses its documents. */
export type DocumentRequest = { kind: 'parse'; source: DocumentSource; isYaml: boolean } | { kind: 'next' };

/** The text itself, or the open file that holds so many bytes of it from its beginning. */
export type DocumentSource = Uint8Array | { descriptor: number; bytes: number };

/** A document that no thread hands over. */
export type FlawedDocument =
  /** `where` is a sentence about a path, and holds no value. */
  | { code: 'NOT_UTF8' | 'UNREADABLE' | 'TOO_DEEP'; where?: string | undefined }
  /** JSON Pointers to the strings that are no well-formed Unicode, or to the numbers with more digits than a double carries. */
  | { code: 'HALF_PAIR' | 'INEXACT'; paths: string[] };

export type DocumentAnswer =
  | { kind: 'whole'; value: unknown }
  | { kind: 'member'; key: string; value: unknown }
  | { kind: 'elements'; key: string; elements: unknown[] }
  | ({ kind: 'failed' } & FlawedDocument)
  | { kind: 'done' };
