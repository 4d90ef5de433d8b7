/** Only its v1 API takes a request as OpenAI does; addresses with /deployments/ and ?api-version= are of the older one. */
const AZURE = /\.(openai|cognitiveservices|services\.ai)\.azure\.(com|us|cn)$/i;

/**
 * What is wrong with a base URL, in words that go on from "baseUrl "; null where nothing is. Never repeats it:
 * it may hold a password.
 */
export function baseUrlProblem(text: string): string | null {
  if (!URL.canParse(text)) return 'must be a full address such as https://api.openai.com/v1';
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'must begin with https:// or http://';
  if (url.username !== '' || url.password !== '') return 'must not hold a name or password: use the API key';
  if (AZURE.test(url.hostname) && !/^\/openai\/v1\/?$/.test(url.pathname + url.search))
    return 'must be https://RESOURCE.openai.azure.com/openai/v1 for Azure: the deployment is named as the model';
  if (/\/chat\/completions\/?$/.test(url.pathname)) return 'must end before "/chat/completions"';
  if (url.search !== '' || url.hash !== '') return 'must end before any "?" or "#"';
  return null;
}
