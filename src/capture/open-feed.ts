import type { Clock } from '../shared/clock';
import { HttpRelay } from './http/http-relay';
import type { Connector } from './net/connect';
import { RtspProxy } from './rtsp/proxy';
import type { RunParts } from './run';

/** Makes the feed of a source; null for those that ffmpeg reads itself. */
export function feedOpener(shared: { clock: Clock; connector: Connector }): RunParts['openFeed'] {
  return (source, listener, answerMs) => {
    const parts = { ...shared, listener, answerMs };
    switch (source.kind) {
      case 'rtsp':
        return new RtspProxy({ source, ...parts });
      case 'hls':
      case 'mjpeg':
      case 'snapshot':
        return new HttpRelay(source, parts);
      case 'file':
      case 'pattern':
        return null;
    }
  };
}
