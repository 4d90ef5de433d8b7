import { delimiter } from 'node:path';
import type { NodeAPI } from 'node-red';
import { ConfigError } from '../../src/shared/errors';

/** What settings.js (`videoToLlm`) and the environment say to all our nodes. */
export interface OwnSettings {
  /** Node-RED's user directory. */
  userDir: string;
  allowedHosts: string[];
  /** Folders that are named in settings.js, and in VIDEO_TO_LLM_FOLDERS. */
  folders: { named: string[]; fromEnv: string[] };
}

interface RawSettings {
  userDir?: string;
  videoToLlm?: { allowedHosts?: unknown; folders?: unknown };
}

/** @throws ConfigError CONFIG_INVALID where `videoToLlm` in settings.js cannot be used */
export function ownSettings(RED: NodeAPI): OwnSettings {
  const { userDir = process.cwd(), videoToLlm = {} } = RED.settings as RawSettings;
  const fromEnv = (process.env.VIDEO_TO_LLM_FOLDERS ?? '').split(delimiter).filter((path) => path !== '');
  return {
    userDir,
    allowedHosts: texts('allowedHosts', videoToLlm.allowedHosts),
    folders: { named: texts('folders', videoToLlm.folders), fromEnv },
  };
}

function texts(name: string, value: unknown): string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every((part) => typeof part === 'string')) return value;
  throw new ConfigError('CONFIG_INVALID', `videoToLlm.${name} in settings.js is not a list of texts.`, {
    advice: `Write it as ${name}: ["…", "…"], and start Node-RED again.`,
  });
}
