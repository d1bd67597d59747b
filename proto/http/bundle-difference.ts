/** Answer of `POST /v1/bundles`: the changes that a bundle made, or would make in a dry run. */
export interface BundleDifference {
  dryRun: boolean;
  /** `party civil`, `entry civil.birth`, … */
  create: string[];
  update: string[];
  unchanged: number;
  warnings: string[];
  /** `system:<id>` or `officer:<id>` → the token generated for it, shown this once. */
  tokens: Record<string, string>;
}
