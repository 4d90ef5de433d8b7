import type { StageError } from '../../src/shared/errors';

/**
 * Tells a lasting condition (camera offline, bad key) once when it changes, not for every frame
 * (DESIGN: Outputs and errors).
 */
export class Condition {
  #code = '';
  readonly #tell: (error: StageError) => void;

  constructor(tell: (error: StageError) => void) {
    this.#tell = tell;
  }

  /**
   * Notes how things are: null for well. Tells an error that is not the one told last.
   *
   * @param code what makes it another one; the error's code where it is left out
   */
  set(error: StageError | null, code: string = error?.code ?? ''): void {
    if (code === this.#code) return;
    this.#code = code;
    if (error) this.#tell(error);
  }
}
