import { Agent } from "node:https";
import { rootCertificates } from "node:tls";
import { ProtocolError } from "@fizz/protocol/errors";
import type { axios } from "acme-client";

const CALL_TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 1024 * 1024;
const MAX_REDIRECTS = 4;
const SERVER_ERROR = 500;

/**
 * Sets limits for the HTTP client of acme-client, which has one for the whole process. Its own repetitions are taken
 * away: they would wait as long as an authority says, and the orders here are repeated by rules of their own.
 *
 * @param ca Certificates, PEM, that authorities may be signed by as well.
 */
export function prepareHttp({ defaults, interceptors }: typeof axios, ca: string | undefined): void {
  defaults.timeout = CALL_TIMEOUT_MS;
  defaults.maxContentLength = MAX_ANSWER_BYTES;
  defaults.maxRedirects = MAX_REDIRECTS;
  if (ca !== undefined) defaults.httpsAgent = new Agent({ ca: [...rootCertificates, ca] });
  interceptors.request.clear();
  interceptors.response.clear();
  interceptors.response.use(
    (response) => {
      if (response.status < SERVER_ERROR) return response;
      throw new ProtocolError("CA_UNREACHABLE", `The authority answers ${response.status}.`);
    },
    (cause: unknown) => {
      throw new ProtocolError("CA_UNREACHABLE", "The authority does not answer.", { cause });
    },
  );
}
