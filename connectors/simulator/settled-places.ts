/** Places that are finished in any order; `next` is the first that is not, so everything before it is. */
export class SettledPlaces {
  readonly #ahead = new Set<number>();

  constructor(private nextPlace: number) {}

  get next(): number {
    return this.nextPlace;
  }

  settle(place: number): void {
    this.#ahead.add(place);
    while (this.#ahead.delete(this.nextPlace)) this.nextPlace++;
  }
}
