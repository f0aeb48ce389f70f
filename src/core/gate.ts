/** Lets no more than so many acts run at once; the others wait in line, which has an end too. */
export class Gate {
  readonly #most: number;
  readonly #line: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(most: number, line: number) {
    this.#most = most;
    this.#line = line;
  }

  /** Runs an act when its turn comes; gives null, without running it, when the line is full. */
  async pass<T>(act: () => Promise<T>): Promise<T | null> {
    if (this.#running >= this.#most) {
      if (this.#waiting.length >= this.#line) return null;
      await new Promise<void>((turn) => {
        this.#waiting.push(turn);
      });
    } else {
      this.#running += 1;
    }
    try {
      return await act();
    } finally {
      // The place goes to the next in line, so that nobody slips in between.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}
