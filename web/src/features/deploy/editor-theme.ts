import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

/** Colours of the page, so that the editor follows light and dark and keeps their contrast. */
export const editorTheme = [
  EditorView.theme({
    "&": { height: "100%", fontSize: "13px", color: "var(--foreground)", backgroundColor: "var(--surface)" },
    "&.cm-focused": { outline: "2px solid var(--ring)", outlineOffset: "-2px" },
    ".cm-scroller": { fontFamily: "var(--font-mono)", lineHeight: "1.6" },
    // The frame around the editor shows the focus.
    ".cm-content": { caretColor: "var(--foreground)", outline: "none" },
    ".cm-cursor": { borderLeftColor: "var(--foreground)" },
    ".cm-gutters": { backgroundColor: "var(--surface)", color: "var(--muted)", border: "none" },
    ".cm-activeLine, .cm-activeLineGutter": {
      backgroundColor: "color-mix(in oklab, var(--raised) 70%, transparent)",
    },
    "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
      backgroundColor: "var(--primary-soft)",
    },
    ".cm-tooltip": {
      backgroundColor: "var(--surface)",
      color: "var(--foreground)",
      border: "1px solid var(--border)",
      borderRadius: "8px",
      overflow: "hidden",
    },
    ".cm-tooltip-autocomplete > ul > li[aria-selected]": {
      backgroundColor: "var(--primary-soft)",
      color: "var(--foreground)",
    },
    ".cm-completionDetail": { color: "var(--muted)", fontStyle: "normal" },
    ".cm-diagnostic": { padding: "6px 10px", maxWidth: "28rem" },
    ".cm-diagnosticSource": { opacity: "1", color: "var(--muted)" },
    ".cm-panels": { backgroundColor: "var(--raised)", color: "var(--foreground)" },
  }),
  syntaxHighlighting(
    HighlightStyle.define([
      { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--primary)" },
      { tag: [tags.string, tags.content], color: "var(--foreground)" },
      { tag: [tags.lineComment, tags.comment], color: "var(--muted)" },
      { tag: [tags.number, tags.bool, tags.null], color: "var(--warning)" },
      { tag: [tags.punctuation, tags.separator, tags.meta], color: "var(--muted)" },
      { tag: tags.invalid, color: "var(--danger)" },
    ]),
  ),
];
