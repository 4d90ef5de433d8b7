/** Servers that speak the OpenAI chat completions API, and what is special about each. */
export const PRESETS = [
  'openai',
  'azure',
  'gemini',
  'anthropic',
  'openrouter',
  'ollama',
  'vllm',
  'lmstudio',
  'llamacpp',
  'custom',
  'standin',
] as const;

export type PresetName = (typeof PRESETS)[number];

export type Rung = 'json_schema' | 'json_object' | 'prompt';

export interface Preset {
  /** '' where only the user knows it. */
  baseUrl: string;
  needsKey: boolean;
  /** Runs on the user's own machine: slow to load, free of charge, deadline 120 s. */
  local: boolean;
  /** Name of the field that limits the answer's length. */
  maxTokensField: 'max_completion_tokens' | 'max_tokens';
  /** The strictest answer format that the server is known to honour. */
  rung: Rung;
  /** false: reads JPEG and PNG only. */
  webp: boolean;
  /** Keywords of JSON Schema that it refuses: they are left out of what is sent, and the answer is checked by all. */
  schemaWithout: readonly string[];
  /** Without being told to, it sends a request on to servers that pass over the answer format without a word. */
  requireParameters: boolean;
}

const plain = { rung: 'json_schema', webp: true, schemaWithout: [], requireParameters: false } as const;
const cloud = { ...plain, needsKey: true, local: false } as const;
const local = { ...plain, needsKey: false, local: true, maxTokensField: 'max_tokens' } as const;

/** Gemini: 400 `Unknown name "additionalProperties"`, and the same for what zod and others write on top of a schema. */
export const SCHEMA_EXTRAS = ['additionalProperties', '$schema'] as const;

/**
 * The same table is in nodes/vision-endpoint.html, where it fills in the fields; a test compares the two.
 * Sources: the vendors' pages on OpenAI compatibility (reference/llm-and-selection.md §1.3).
 */
export const presets: Record<PresetName, Preset> = {
  openai: { ...cloud, baseUrl: 'https://api.openai.com/v1', maxTokensField: 'max_completion_tokens' },
  // https://RESOURCE.openai.azure.com/openai/v1 : the v1 API takes the plain client; `model` is the deployment's name.
  azure: { ...cloud, baseUrl: '', maxTokensField: 'max_completion_tokens' },
  gemini: {
    ...cloud,
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
    maxTokensField: 'max_tokens',
    schemaWithout: SCHEMA_EXTRAS,
  },
  // Ignores response_format, so a stricter rung would only look as if it were one.
  anthropic: {
    ...cloud,
    baseUrl: 'https://api.anthropic.com/v1',
    maxTokensField: 'max_tokens',
    rung: 'prompt',
  },
  openrouter: {
    ...cloud,
    baseUrl: 'https://openrouter.ai/api/v1',
    maxTokensField: 'max_tokens',
    requireParameters: true,
  },
  ollama: { ...local, baseUrl: 'http://127.0.0.1:11434/v1' },
  vllm: { ...local, baseUrl: 'http://127.0.0.1:8000/v1' },
  // "'url' field must be a base64 encoded image" for WebP (reference §1.3).
  lmstudio: { ...local, baseUrl: 'http://127.0.0.1:1234/v1', webp: false },
  // It decodes with stb_image, which knows no WebP: "Failed to load image or audio file".
  llamacpp: { ...local, baseUrl: 'http://127.0.0.1:8080/v1', webp: false },
  custom: { ...local, local: false, baseUrl: '' },
  standin: { ...local, baseUrl: '' },
};
