import { autocompletion } from "@codemirror/autocomplete";
import { indentWithTab } from "@codemirror/commands";
import { yaml, yamlLanguage } from "@codemirror/lang-yaml";
import { indentUnit } from "@codemirror/language";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import type { ManifestIssue } from "@fizz/protocol/manifest";
import { basicSetup } from "codemirror";
import { editorTheme } from "./editor-theme.ts";
import { completeManifest } from "./complete-manifest.ts";

export interface Editor {
  setText(text: string): void;
  setIssues(issues: readonly ManifestIssue[]): void;
  /** Puts the cursor where a problem stands. */
  goTo(issue: ManifestIssue): void;
  destroy(): void;
}

export interface EditorInit {
  readonly text: string;
  readonly onChange: (text: string) => void;
}

/** CodeMirror for a manifest, inside `parent`. */
export function createEditor(parent: HTMLElement, init: EditorInit): Editor {
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: init.text,
      extensions: [
        keymap.of([{ key: "Enter", run: breakAfterColon }, indentWithTab]),
        basicSetup,
        yaml(),
        yamlLanguage.data.of({ autocomplete: completeManifest }),
        autocompletion({ icons: false }),
        indentUnit.of("  "),
        lintGutter(),
        editorTheme,
        EditorView.contentAttributes.of({
          "aria-label": "Manifest in YAML",
          spellcheck: "false",
          tabindex: "0",
        }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) init.onChange(update.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    setText: (text) => {
      if (text === view.state.doc.toString()) return;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
    },
    setIssues: (issues) => {
      view.dispatch(
        setDiagnostics(
          view.state,
          issues.map((issue) => diagnosticOf(view.state, issue)),
        ),
      );
    },
    goTo: (issue) => {
      view.dispatch({
        selection: { anchor: offsetOf(view.state, issue.line, issue.column) },
        scrollIntoView: true,
      });
      view.focus();
    },
    destroy: () => {
      view.destroy();
    },
  };
}

/** The text may have changed since the problem was found: positions are held inside of it. */
function offsetOf(state: EditorState, line: number, column: number): number {
  const found = state.doc.line(Math.min(Math.max(line, 1), state.doc.lines));
  return Math.min(found.from + Math.max(column - 1, 0), found.to);
}

function diagnosticOf(state: EditorState, issue: ManifestIssue): Diagnostic {
  const from = offsetOf(state, issue.line, issue.column);
  const hint = issue.suggestion === undefined ? "" : ` Did you mean ${issue.suggestion}?`;
  return {
    from,
    to: Math.max(from, offsetOf(state, issue.endLine, issue.endColumn)),
    severity: issue.severity,
    source: issue.code,
    message: issue.message + hint,
  };
}

/** YAML nests after a colon; CodeMirror alone keeps the indentation of the line before. */
function breakAfterColon(view: EditorView): boolean {
  const { head, empty } = view.state.selection.main;
  const line = view.state.doc.lineAt(head);
  if (!empty || head !== line.to || !/^\s*(?:- )*[\w-]+:\s*$/.test(line.text)) return false;
  const indent = (/^\s*(?:- )*/.exec(line.text)?.[0].length ?? 0) + 2;
  view.dispatch(view.state.replaceSelection(`\n${" ".repeat(indent)}`));
  return true;
}
