import { type Readable } from "node:stream";
import type Docker from "dockerode";
import { type OutputQuery } from "../ports.ts";

type Dial = (options: object, callback: (error: Error | null | undefined, data: unknown) => void) => void;

/**
 * Opens a log of the engine. dockerode reads the whole log into memory unless it follows; this always streams.
 *
 * @param what `containers/<id>` or `tasks/<id>`.
 */
export async function openOutput(
  docker: Docker,
  what: string,
  { query, signal }: { readonly query: OutputQuery; readonly signal: AbortSignal },
): Promise<Readable> {
  const { modem } = docker as unknown as { modem: { dial: Dial } };
  const options = {
    stdout: true,
    stderr: true,
    timestamps: true,
    follow: query.follow,
    tail: query.tail ?? "all",
    ...(query.since === undefined ? {} : { since: query.since }),
  };
  return await new Promise((resolve, reject) => {
    const path = `/${what}/logs?`;
    const statusCodes = { 200: true, 404: "no such container", 500: "server error" };
    modem.dial(
      { path, method: "GET", isStream: true, abortSignal: signal, statusCodes, options },
      (error, data) => {
        if (error === null || error === undefined) resolve(data as Readable);
        else reject(error);
      },
    );
  });
}
