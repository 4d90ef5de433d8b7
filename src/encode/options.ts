import type { TokenModel } from './tokens';

export const PICTURE_FORMATS = ['jpeg', 'png', 'webp'] as const;

/** Formats that the encoder writes. */
export type PictureFormat = (typeof PICTURE_FORMATS)[number];

/** MIME type of a format. */
export const MIME_TYPES: Record<PictureFormat, string> = {
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
};

/** A part of a picture, 0 to 1 from its top left corner, as it is seen upright. */
export interface CropArea {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** How pictures are to be. */
export interface PictureOptions {
  /** Largest width in pixels, of the whole sheet where frames are combined; 0 for no limit. */
  maxWidthPx: number;
  /** Largest height in pixels, of the whole sheet where frames are combined; 0 for no limit. */
  maxHeightPx: number;
  /** Taken from each frame before anything else. */
  crop: CropArea;
  format: PictureFormat;
  /** 1 (small) to 100 (good), for JPEG and WebP; PNG loses nothing. */
  quality: number;
  tokenModel: TokenModel;
  /** Frames on a sheet; 1 for single pictures. */
  sheetFrames: number;
  /** Frames are combined but not put on a sheet: they go as single pictures in one message. Missing: they are. */
  apart?: boolean;
  /** Columns of a sheet; 0 for as many as bring it near 16:9. */
  sheetColumns: number;
}
