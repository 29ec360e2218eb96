import { readFields } from "./http-fields.ts";

/** How an answer's body ends: not there, after so many bytes, with the last chunk, or with the connection. */
export type Framing = "none" | "length" | "chunked" | "close";

/** The head of a container's answer. */
export interface AnswerHead {
  readonly status: number;
  readonly message: string;
  /** As they came: name, value, name, value. */
  readonly fields: readonly string[];
  readonly framing: Framing;
  /** Bytes of the body, for "length". */
  readonly length: number;
  /** Whether the connection may carry another request. */
  readonly keepsAlive: boolean;
}

const LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?\r\n/;
const LENGTH = /^\d{1,15}$/;
const NO_CONTENT = 204;
const NOT_MODIFIED = 304;
const FIRST_FINAL = 200;

/** What the fields say about the message itself. */
interface Said {
  length: string | undefined;
  coding: string | undefined;
  connection: string;
  isAmbiguous: boolean;
}

/**
 * Reads the head of an answer, strictly.
 *
 * @param text Up to and with the CRLF of its last line, with a character for each byte.
 * @param method Of the request: what HEAD is answered with has no body.
 * @returns undefined when it is malformed, or the end of its body could be seen in two places.
 */
export function readAnswerHead(text: string, method: string): AnswerHead | undefined {
  const line = LINE.exec(text);
  const fields = line === null ? undefined : readFields(text, line[0].length);
  if (line === null || fields === undefined) return undefined;
  const status = Number(line[2]);
  const said = readSaid(fields);
  const framing = framingOf(said, hasNoBody(status, method));
  if (framing === undefined) return undefined;
  return {
    status,
    message: line[3] ?? "",
    fields,
    framing,
    length: framing === "length" ? Number(said.length) : 0,
    keepsAlive: framing !== "close" && staysOpen(said.connection, line[1] === "1"),
  };
}

function readSaid(fields: readonly string[]): Said {
  const said: Said = { length: undefined, coding: undefined, connection: "", isAmbiguous: false };
  for (let index = 0; index < fields.length; index += 2) {
    const name = (fields[index] ?? "").toLowerCase();
    const value = fields[index + 1] ?? "";
    if (name === "content-length") {
      said.isAmbiguous ||= said.length !== undefined || !LENGTH.test(value);
      said.length = value;
    } else if (name === "transfer-encoding") {
      said.isAmbiguous ||= said.coding !== undefined;
      said.coding = value.toLowerCase();
    } else if (name === "connection") said.connection += `,${value.toLowerCase()}`;
  }
  return said;
}

/** Both a length and a coding are refused, also where there is no body (RFC 9112, 6.3). */
function framingOf({ length, coding, isAmbiguous }: Said, isEmpty: boolean): Framing | undefined {
  if (isAmbiguous || (length !== undefined && coding !== undefined)) return undefined;
  if (coding !== undefined && coding !== "chunked" && coding !== "identity") return undefined;
  if (isEmpty) return "none";
  if (coding === "chunked") return "chunked";
  return length === undefined ? "close" : "length";
}

function hasNoBody(status: number, method: string): boolean {
  return method === "HEAD" || status < FIRST_FINAL || status === NO_CONTENT || status === NOT_MODIFIED;
}

function staysOpen(connection: string, isHttp11: boolean): boolean {
  if (connection === "") return isHttp11;
  const words = connection.split(",").map((word) => word.trim());
  if (words.includes("close")) return false;
  return isHttp11 || words.includes("keep-alive");
}
