import type { CameraError } from '../shared/errors';

/** What has come from a camera since its feed was opened. Times are on the monotonic clock, in milliseconds. */
export interface Traffic {
  /** Bytes of video, and in how many packets. */
  videoBytes: number;
  videoPackets: number;
  /** Packets of everything else: audio, RTCP. They are no sign of life: a hung encoder goes on sending them. */
  otherPackets: number;
  /** Video packets that are missing by their sequence numbers. */
  lostPackets: number;
  /** Arrival of the newest video; null before the first. */
  lastVideoAt: number | null;
  /** Pictures that have come whole, by the marker bits; null where packets do not tell. */
  pictures: number | null;
  /** Keyframes that have begun; null where packets do not tell. */
  keyframes: number | null;
  lastKeyframeAt: number | null;
  /** From one keyframe to the next by the camera's own clock, the newest pair; null until there were two. */
  gopMs: number | null;
  /** How often the camera has gone over to pictures of another size, as its packets tell. */
  formatChanges: number;
}

/** Of a feed that has just been made. */
export function noTraffic(): Traffic {
  return {
    videoBytes: 0,
    videoPackets: 0,
    otherPackets: 0,
    lostPackets: 0,
    lastVideoAt: null,
    pictures: null,
    keyframes: null,
    lastKeyframeAt: null,
    gopMs: null,
    formatChanges: 0,
  };
}

/** What the camera says of its video. */
export interface StreamInfo {
  /** `h264`, `h265`, `mjpeg`, or as the camera calls it, in lower case. */
  codec: string;
}

/**
 * Stands between a camera and ffmpeg: it alone connects to the camera, and ffmpeg connects to it on loopback. So it
 * holds the credentials, keeps the rules about addresses, and sees each packet.
 */
export interface Feed {
  readonly traffic: Readonly<Traffic>;
  /** null until the camera has told. */
  readonly stream: StreamInfo | null;
  /**
   * Connects to the camera, and then waits on loopback for ffmpeg.
   *
   * @returns the address for ffmpeg, which holds no secret
   * @throws CameraError where the camera cannot be reached or refuses
   */
  open(signal?: AbortSignal): Promise<string>;
  /** Takes leave of the camera, and closes all; resolves within a second. */
  stop(): Promise<void>;
}

export interface FeedListener {
  /** Video has come: called with the first packet, and then twice a second at the most. */
  onTraffic(): void;
  /** The feed ended by itself: the camera refused, fell silent while it was asked, or closed. Called once at the most. */
  onEnd(error: CameraError): void;
}
