import { type AddressInfo, type ListenOptions, type Server } from "node:net";

/**
 * Opens a port. An accept that fails later concerns one caller: the server goes on.
 *
 * @param failure Makes the error when it cannot be opened, which is thrown.
 * @returns The port's number.
 */
export async function listen(
  server: Server,
  options: ListenOptions & { readonly port: number },
  failure: (cause: Error) => Error,
): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    const failed = (cause: Error): void => {
      reject(failure(cause));
    };
    server.once("error", failed);
    server.listen(options, () => {
      server.off("error", failed);
      server.on("error", () => undefined);
      resolve();
    });
  });
  return (server.address() as AddressInfo).port;
}
