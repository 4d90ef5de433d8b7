import type { Redis, RedisOptions } from 'ioredis';
import { ConfigError } from '../../src/shared/errors';

/** Waits between two tries to connect: from a tenth of a second to ten seconds. */
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 10_000;
/** Redis answers within a millisecond. One that hangs, or a network that swallows all, is else waited for without end. */
const ANSWER_MS = 3_000;

/**
 * Connects to Redis, for as long as it takes, and again when it was cut. The package is needed only by those who
 * share limits between processes, so it is not installed with ours.
 *
 * @throws ConfigError CONFIG_INVALID where ioredis is not installed
 */
export function connectRedis(url: string): Redis {
  let ioredis: typeof import('ioredis');
  try {
    ioredis = require('ioredis');
  } catch {
    throw new ConfigError('CONFIG_INVALID', 'To share limits through Redis, the package ioredis is needed.', {
      advice: "Run `npm install ioredis` in Node-RED's user directory and restart, or empty the field Redis.",
    });
  }
  const options: RedisOptions = {
    retryStrategy: (tries) => Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(tries, 10)),
    // Requests that wait for Redis are given up by those who made them.
    maxRetriesPerRequest: null,
    commandTimeout: ANSWER_MS,
  };
  return new ioredis.Redis(url, options);
}
