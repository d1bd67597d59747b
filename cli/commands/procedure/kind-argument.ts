import { Argument } from 'commander';
import { FILE_KINDS } from '../../../proto/http/procedure-files.js';
import { UsageError } from '../../exit-codes.js';

/** A kind of file. Completion offers the kinds; the message of a wrong one is shorter than the list of commander. */
export function kindArgument(): Argument {
  const argument = new Argument('<kind>', 'kind of file').choices(FILE_KINDS);
  return argument.argParser((kind) => {
    if ((FILE_KINDS as readonly string[]).includes(kind)) return kind;
    throw new UsageError(`there is no kind of file of that name; the kinds are ${FILE_KINDS.join(', ')}`);
  });
}
