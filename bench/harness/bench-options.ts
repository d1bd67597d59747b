import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** Approximate length of the whole bench; its phases divide what is left after set-up. */
  seconds: number;
  /** Length of the held phase of `province`. */
  minutes: number | undefined;
  /** Folder for CPU profiles of the broker. */
  profile: string | undefined;
  /** Folder that `governance` keeps its bus in. */
  folder: string | undefined;
  /** Share of its size to which `governance` fills a bus. */
  share: number | undefined;
}

const SECONDS_DEFAULT = 60;
const USAGE = `options:
  --seconds N    about how long the bench may take (default ${SECONDS_DEFAULT})
  --minutes N    province only: how long the rate is held (default 1)
  --profile DIR  write CPU profiles of the broker into DIR
  --folder DIR   governance only: where the filled bus is kept (default in the folder for temporary files)
  --share N      governance only: fill the bus to this share of its size (default 1)`;

/** Prints the usage and ends the process when the arguments are not understood. */
export function benchOptions(args = process.argv.slice(2)): BenchOptions {
  try {
    const { values } = parseArgs({
      args,
      options: {
        seconds: { type: 'string' },
        minutes: { type: 'string' },
        profile: { type: 'string' },
        folder: { type: 'string' },
        share: { type: 'string' },
        help: { type: 'boolean' },
      },
    });
    if (values.help) throw new TypeError('');
    return {
      seconds: positive(values.seconds) ?? SECONDS_DEFAULT,
      minutes: positive(values.minutes),
      profile: values.profile,
      folder: values.folder,
      share: positive(values.share),
    };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}\n`.trimStart());
    process.exit(2);
  }
}

function positive(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(value > 0)) throw new TypeError(`${text} is not a positive number`);
  return value;
}
