/** What kept an HTTP call out: too many calls, or open streams, of one address or of one wallet. */
export type HttpLimit = "address" | "address_streams" | "wallet" | "wallet_streams";

export interface HttpMeter {
  limited(limit: HttpLimit): void;
}
