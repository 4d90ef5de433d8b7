/**
 * Names for addresses that are not to be shown. A name is valid in the round in which it was last given and in the
 * one after: ffmpeg may still ask for what the playlist before this one named. So what is kept does not grow.
 */
export class HandedOut {
  #urls = new Map<string, string>();
  #names = new Map<string, string>();
  #older: { urls: Map<string, string>; names: Map<string, string> } = { urls: new Map(), names: new Map() };
  #count = 0;

  /** Names that are valid now. */
  get size(): number {
    return new Set([...this.#urls.keys(), ...this.#older.urls.keys()]).size;
  }

  /** A new playlist begins. */
  nextRound(): void {
    this.#older = { urls: this.#urls, names: this.#names };
    this.#urls = new Map();
    this.#names = new Map();
  }

  /** @returns the same name for the same address, as long as it is valid */
  nameOf(url: string, ending: string): string {
    const name =
      this.#names.get(url) ?? this.#older.names.get(url) ?? `${(++this.#count).toString(36)}.${ending}`;
    this.#names.set(url, name);
    this.#urls.set(name, url);
    return name;
  }

  urlOf(name: string): string | undefined {
    return this.#urls.get(name) ?? this.#older.urls.get(name);
  }
}
