import "@xterm/xterm/css/xterm.css";
import { FitAddon } from "@xterm/addon-fit";
import { type ITheme, Terminal } from "@xterm/xterm";
import type { Screen } from "./run-shell.ts";

const SCROLLBACK_LINES = 5_000;
/** The node takes no larger terminal. */
const MAX_SIDE = 1_000;

export interface XtermScreen extends Screen {
  focus(): void;
  dispose(): void;
}

/** xterm.js inside `parent`: as large as it, in the colours of the page, readable by a screen reader. */
export function createScreen(parent: HTMLElement, label: string): XtermScreen {
  const terminal = new Terminal({
    cursorBlink: false,
    fontFamily: styleOf("--font-mono") || "monospace",
    fontSize: 13,
    scrollback: SCROLLBACK_LINES,
    screenReaderMode: true,
    theme: themeOf(),
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  terminal.open(parent);
  terminal.textarea?.setAttribute("aria-label", label);
  fit.fit();
  const resizing = new ResizeObserver(() => {
    fit.fit();
  });
  resizing.observe(parent);
  // The page's theme is a class of its root.
  const theming = new MutationObserver(() => {
    terminal.options.theme = themeOf();
  });
  theming.observe(document.documentElement, { attributes: true, attributeFilter: ["class", "style"] });
  return {
    ...wordsOf(terminal),
    get size() {
      return { columns: within(terminal.cols), rows: within(terminal.rows) };
    },
    focus: () => {
      terminal.focus();
    },
    dispose: () => {
      resizing.disconnect();
      theming.disconnect();
      terminal.dispose();
    },
  };
}

/** What goes in and out. */
function wordsOf(terminal: Terminal): Omit<Screen, "size"> {
  const encoder = new TextEncoder();
  return {
    write: async (bytes) => {
      await new Promise<void>((resolve) => {
        terminal.write(bytes, resolve);
      });
    },
    onInput: (listener) => {
      const typed = terminal.onData((text) => {
        listener(encoder.encode(text));
      });
      return () => {
        typed.dispose();
      };
    },
    onResize: (listener) => {
      const resized = terminal.onResize(({ cols, rows }) => {
        listener({ columns: within(cols), rows: within(rows) });
      });
      return () => {
        resized.dispose();
      };
    },
  };
}

function within(side: number): number {
  return Math.min(Math.max(side, 1), MAX_SIDE);
}

function themeOf(): ITheme {
  const foreground = styleOf("--foreground");
  return {
    ...{ foreground, background: styleOf("--surface"), cursor: foreground },
    selectionBackground: styleOf("--primary-soft"),
  };
}

function styleOf(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
