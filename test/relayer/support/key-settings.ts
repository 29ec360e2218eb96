import { type Hex } from "viem";
import { writeKeystores } from "../../../scripts/lib/write-keystores.ts";
import { GATEWAY_KEY } from "./chain-world.ts";

/** Settings of a gateway with this key, whose files are written into the folder. */
export async function keySettings(
  folder: string,
  key: Hex = GATEWAY_KEY,
): Promise<Record<"FIZZ_GATEWAY_KEY_FILE" | "FIZZ_GATEWAY_PASSWORD_FILE", string>> {
  const { files, passwordFile } = await writeKeystores(folder, { gateway: key });
  return { FIZZ_GATEWAY_KEY_FILE: files.gateway, FIZZ_GATEWAY_PASSWORD_FILE: passwordFile };
}
