import { ProtocolError } from "../errors/index.ts";
import { checkOpenPart, checkSealedPart } from "./check-open-part.ts";
import { type ManifestCode } from "./codes.ts";
import { formatPath } from "./issue.ts";
import { MAX_ISSUES } from "./limits.ts";
import { type OpenPart } from "./open-part.ts";
import { type SealedPart } from "./sealed-part.ts";

/** One problem of an order, as it travels in the details of MANIFEST_INVALID. */
export interface OrderProblem {
  readonly code: ManifestCode;
  /** Such as `services.web.expose[0].port`. */
  readonly path: string;
}

/**
 * What gateways and nodes hold an order against: the rules by which its tenant's manifest was judged, with the same
 * codes.
 *
 * @throws ProtocolError `MANIFEST_INVALID`; its details name the `reason` "order.invalid" and the `problems`.
 */
export function requireValidOrder(openPart: OpenPart, sealedPart?: SealedPart): void {
  const sealed = sealedPart === undefined ? [] : checkSealedPart(openPart, sealedPart);
  const errors = [...checkOpenPart(openPart), ...sealed].filter(({ severity }) => severity === "error");
  if (errors.length === 0) return;
  const shown = errors.slice(0, MAX_ISSUES);
  const problems = shown.map(({ code, path }): OrderProblem => ({ code, path: formatPath(path) }));
  const text = shown.map(({ path, message }) => `${formatPath(path)}: ${message}`).join(" ");
  throw new ProtocolError("MANIFEST_INVALID", text, { details: { reason: "order.invalid", problems } });
}
