import type { Picture } from '../shared/messages';

export const PAYLOAD_FORMS = ['buffer', 'base64', 'datauri'] as const;

/** What msg.payload is to hold: the bytes, their base64 text, or a data URI as web pages take it. */
export type PayloadForm = (typeof PAYLOAD_FORMS)[number];

/** A picture in the form wanted; a list of them where several are sent apart. */
export function payloadOf(picture: Picture, form: PayloadForm): Buffer | string | (Buffer | string)[] {
  return picture.series ? picture.series.map((one) => inForm(one, form)) : inForm(picture, form);
}

function inForm({ data, type }: Picture, form: PayloadForm): Buffer | string {
  if (form === 'buffer') return data;
  const text = data.toString('base64');
  return form === 'base64' ? text : `data:${type};base64,${text}`;
}
