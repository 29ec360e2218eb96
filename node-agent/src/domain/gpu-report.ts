import { ProtocolError } from "@fizz/protocol/errors";
import { findGpuModel } from "@fizz/protocol/tiers";
import { formOf, type GpuCard } from "./gpu-card.ts";

/** What `nvidia-smi --query-gpu` is asked for, in the order of the answer's columns. */
export const GPU_COLUMNS = [
  "index",
  "uuid",
  "name",
  "memory.total",
  "driver_version",
  "pci.bus_id",
  "mig.mode.current",
  "compute_cap",
  "ecc.mode.current",
] as const;

/** Most cards of one machine. */
export const MAX_CARDS = 64;
/** What is shown of a line that cannot be read. */
const MAX_SHOWN = 200;
const NO_CARDS = /^No devices were found$/i;
/** How drivers say that a card does not have something; older ones the second way. */
const NOTHING = ["[N/A]", "N/A", "[Not Supported]"];
const MODES: Readonly<Record<string, boolean>> = { Enabled: true, Disabled: false };

const INDEX = /^\d{1,3}$/;
const UUID = /^GPU-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const NAME = /^[\x20-\x7e]{1,100}$/;
const MIB = /^[1-9]\d{0,7}$/;
const DRIVER = /^\d{1,5}(\.\d{1,5}){1,3}$/;
const BUS_ID = /^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-9a-f]$/i;
const COMPUTE = /^\d{1,3}\.\d{1,2}$/;

/**
 * Reads what `nvidia-smi --query-gpu=<GPU_COLUMNS> --format=csv,noheader,nounits` printed, strictly: a line that is not
 * wholly understood, such as one of a lost card, makes the whole report unreadable.
 *
 * @throws ProtocolError GPU_UNREADABLE
 */
export function parseGpuReport(text: string): GpuCard[] {
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  if (lines.length === 1 && NO_CARDS.test(lines[0] ?? "")) return [];
  if (lines.length === 0) throw unreadable("told nothing");
  if (lines.length > MAX_CARDS) throw unreadable(`tells of more than ${MAX_CARDS} cards`);
  const cards = lines.map(readLine);
  for (const { uuid, index } of cards)
    if (cards.filter((card) => card.uuid === uuid || card.index === index).length > 1)
      throw unreadable(`names the card ${index} (${uuid}) twice`);
  return cards;
}

function readLine(line: string): GpuCard {
  const fields = line.split(",").map((field) => field.trim());
  if (fields.length !== GPU_COLUMNS.length) throw unreadable(`wrote "${line.slice(0, MAX_SHOWN)}"`);
  const read = (column: (typeof GPU_COLUMNS)[number], form: RegExp): string => {
    const field = fields[GPU_COLUMNS.indexOf(column)] ?? "";
    if (form.test(field)) return field;
    throw unreadable(`has no ${column} in "${line.slice(0, MAX_SHOWN)}"`);
  };
  const readOptional = (column: (typeof GPU_COLUMNS)[number], form: RegExp): string | null =>
    NOTHING.includes(fields[GPU_COLUMNS.indexOf(column)] ?? "") ? null : read(column, form);
  const readMode = (column: (typeof GPU_COLUMNS)[number]): boolean | null => {
    const word = readOptional(column, /^(Enabled|Disabled)$/);
    return word === null ? null : (MODES[word] ?? null);
  };
  const name = read("name", NAME);
  const model = findGpuModel(name);
  const memory = readOptional("memory.total", MIB);
  return {
    index: Number(read("index", INDEX)),
    uuid: read("uuid", UUID),
    name,
    model,
    memoryMiB: memory === null ? null : Number(memory),
    form: formOf(name, model?.model),
    driver: read("driver_version", DRIVER),
    busId: read("pci.bus_id", BUS_ID),
    isSliced: readMode("mig.mode.current") === true,
    computeCapability: readOptional("compute_cap", COMPUTE),
    hasEcc: readMode("ecc.mode.current"),
  };
}

function unreadable(problem: string): ProtocolError {
  return new ProtocolError("GPU_UNREADABLE", `nvidia-smi ${problem}.`);
}
