import { writeFields } from "./http-fields.ts";
import { type HeaderList } from "./message-headers.ts";

/** The head of a request to a container, whose connection is kept. */
export function writeRequestHead(method: string, path: string, headers: HeaderList): string {
  return `${method} ${path} HTTP/1.1\r\n${writeFields(headers)}Connection: keep-alive\r\n\r\n`;
}
