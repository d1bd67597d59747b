/** The file cannot be read as what its name says, or cannot be the complete list. It is refused until it, or a setting, changes. */
export class BrokenFileError extends Error {
  override readonly name = 'BrokenFileError';
}
