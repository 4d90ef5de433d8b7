import Bottleneck from 'bottleneck';

/** Where calls are counted while they are in flight. Admission submits only what has a slot, so nothing queues here. */
export interface Slots {
  /**
   * Runs a call.
   *
   * @param expirationMs after this the slot is free again whatever the call does; it must have ended by then
   */
  run<T>(call: () => Promise<T>, expirationMs: number): Promise<T>;
  stop(): void;
}

/** Slots of this process, by Bottleneck (the same calls share them between processes later). */
export function bottleneckSlots(options: { maxConcurrent: number; minTimeMs: number }): Slots {
  const limiter = new Bottleneck({ maxConcurrent: options.maxConcurrent, minTime: options.minTimeMs });
  return {
    run: (call, expirationMs) => limiter.schedule({ expiration: expirationMs }, call),
    stop() {
      // Resolves when all calls have ended, which nobody waits for; what was dropped is told by its own promise.
      limiter.stop({ dropWaitingJobs: true }).catch(() => {});
    },
  };
}
