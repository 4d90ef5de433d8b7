import type { Usage } from '../shared/messages';
import type { Arrange, Arrangement } from './picture-plan';
import type { PictureSize } from './picture-size';
import type { Rung } from './presets';
import type { Question } from './questions';
import type { ToldLimits } from './rate';
import type { SeriesPicture } from './series';

export type Detail = 'auto' | 'low' | 'high';

/** What a model is asked about a picture, or about several of one camera. */
export interface VisionRequest {
  /** The asking node and camera: a stand-in keeps its state by it. Never sent. */
  lane: string;
  /** Capture time, epoch milliseconds. Never sent: the prompt says what is to be known. */
  time: number;
  model: string;
  system: string;
  prompt: string;
  /** Where there are several, the newest. */
  picture: { data: Buffer; type: string; size?: PictureSize | null };
  /** Two pictures or more, in order of capture; missing where there is one. */
  series?: readonly SeriesPicture[];
  /** How the user wants several pictures to go; missing: `auto`. */
  arrange?: Arrange;
  /** How they go; missing: `one`. */
  arrangement?: Arrangement;
  /** Of the camera, for the times of a series. */
  timeZone?: string;
  detail: Detail;
  /** JSON Schema of the answer. */
  schema: JsonSchema;
  /** Field of the answer that says what was seen: for a stand-in, a model reads the schema. */
  verdictField: string;
  confidenceField: string;
  /** Where several questions are asked: for a stand-in, as well. Never sent. */
  questions?: readonly Question[] | null;
  maxTokens: number;
  /** null: not sent, the model's own default. */
  temperature: number | null;
  /** '': not sent. */
  reasoningEffort: string;
}

/** A JSON Schema as the user wrote it. */
export type JsonSchema = Record<string, unknown>;

/** How the model came to an end, as far as it matters. */
export type Finish = 'stop' | 'length' | 'filtered';

/** What came back: text that may or may not be an answer. */
export interface VisionReply {
  text: string;
  finish: Finish;
  /** The model's own words where it refused; null where it did not. */
  refusal: string | null;
  /** The model that answered, as the server names it. */
  model: string;
  usage: Usage | null;
  /** Rate limits that the answer's headers told; missing where they did not. */
  limits?: ToldLimits;
  /** How strictly the answer's form was asked for; missing where there is no server. */
  rung?: Rung;
}

/** One call to a model. Retries, deadlines and limits are above it. */
export interface VisionClient {
  /**
   * @param signal ends the call at once, also where the server stalls in the middle of its answer
   * @throws CallFailure where no answer came
   */
  ask(request: VisionRequest, signal: AbortSignal): Promise<VisionReply>;
  /**
   * Whether the server can be reached and has no fault, found out without a model. Missing: it always is.
   *
   * @param signal ends the look
   */
  isThere?(signal: AbortSignal): Promise<boolean>;
  /** Whether a model has refused more than one picture. Missing: none has. */
  takesOne?(model: string): boolean;
  /** Forgets what it keeps for the lanes for which `gone` is true. */
  forget?(gone: (lane: string) => boolean): void;
}
