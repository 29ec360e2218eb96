import { ProtocolError } from "@fizz/protocol/errors";
import { hashOpenPart, openPartSchema } from "@fizz/protocol/manifest";
import {
  addressSchema,
  bytes32Schema,
  fromWire,
  quotesResponseSchema,
  toWire,
} from "@fizz/protocol/messages";
import { z } from "zod";
import { writeUserFile } from "../files.ts";
import { readInput } from "../input.ts";
import { type Terminal } from "../output/terminal.ts";
import { type QuoteRound } from "./quote-round.ts";

/** Largest file that is read, in bytes. */
const MAX_FILE_BYTES = 8_000_000;

/** A question and its answer: everything that `quotes explain` needs beside the chain. */
const quotesFileSchema = z.object({
  format: z.literal(1),
  chainId: z.number().int(),
  market: addressSchema,
  subnetId: z.number().int(),
  /** Unix milliseconds. */
  askedAt: z.number().int(),
  tenant: addressSchema,
  token: addressSchema,
  openPart: z.unknown(),
  openSalt: bytes32Schema,
  response: quotesResponseSchema,
});

/** @param replace Whether a file that is there may be replaced. @throws ProtocolError USAGE, STORE_FAILED */
export async function writeQuotes(
  terminal: Terminal,
  { file, replace, round }: { readonly file: string; readonly replace: boolean; readonly round: QuoteRound },
): Promise<void> {
  const { order, ...rest } = round;
  const { openPart, openSalt } = order;
  const text = toWire({ format: 1, ...rest, openPart, openSalt });
  if (file === "-") terminal.data(text);
  else await writeUserFile(file, `${text}\n`, replace);
}

/** @throws ProtocolError USAGE, INPUT_INVALID, INPUT_TOO_LARGE */
export async function readQuotes(terminal: Terminal, file: string): Promise<QuoteRound> {
  const json = parseJson(await readInput(terminal, file, MAX_FILE_BYTES), file);
  const { chainId, market, subnetId, askedAt, tenant, token, response, openSalt, ...kept } = fromWire(
    quotesFileSchema,
    json,
  );
  const openPart = fromWire(openPartSchema, kept.openPart);
  const order = { openPart, openSalt, openPartHash: hashOpenPart(openPart, openSalt) };
  return { chainId, market, subnetId, askedAt, tenant, token, order, response };
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ProtocolError("INPUT_INVALID", `${file} is not what \`fizz quotes list --json\` writes.`, {
      cause,
    });
  }
}
