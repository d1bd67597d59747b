/** Messages between the broker and the thread that parses its documents. */
export type DocumentRequest = { kind: 'parse'; source: DocumentSource; isYaml: boolean } | { kind: 'next' };

/** The text itself, or the open file that holds so many bytes of it from its beginning. */
export type DocumentSource = Uint8Array | { descriptor: number; bytes: number };

/** INEXACT: a number has more digits than a double carries, and the thread could not hand it over unchanged. */
export type DocumentFlaw = 'NOT_UTF8' | 'UNREADABLE' | 'TOO_DEEP' | 'INEXACT' | 'HALF_PAIR';

export type DocumentAnswer =
  | { kind: 'whole'; value: unknown }
  | { kind: 'member'; key: string; value: unknown }
  | { kind: 'elements'; key: string; elements: unknown[] }
  /** `where` is a path, or a sentence about one; neither holds a value. */
  | { kind: 'failed'; code: Exclude<DocumentFlaw, 'HALF_PAIR'>; where?: string | undefined }
  /** JSON Pointers to the strings that are no well-formed Unicode. */
  | { kind: 'failed'; code: 'HALF_PAIR'; paths: string[] }
  | { kind: 'done' };
