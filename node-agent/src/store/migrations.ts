/** Marks a file as a state of a Fizz node: "FIZN". */
export const APPLICATION_ID = 0x46_49_5a_4e;

/**
 * The layout of the state, step by step; `user_version` counts the steps that a file has behind it. A step that was
 * released is never changed. Columns named `body` are sealed by the vault.
 */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE meta (
     name TEXT PRIMARY KEY,
     value BLOB NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE leases (
     hash BLOB PRIMARY KEY CHECK (length(hash) = 32),
     body BLOB NOT NULL
   ) STRICT;
   CREATE TABLE manifests (
     lease BLOB NOT NULL REFERENCES leases (hash) ON DELETE CASCADE,
     version INTEGER NOT NULL,
     body BLOB NOT NULL,
     PRIMARY KEY (lease, version)
   ) STRICT;
   CREATE TABLE quote_keys (
     nonce TEXT PRIMARY KEY,
     keep_until INTEGER NOT NULL,
     body BLOB NOT NULL
   ) STRICT;
   CREATE TABLE events (
     lease BLOB NOT NULL CHECK (length(lease) = 32),
     cursor INTEGER NOT NULL,
     body BLOB NOT NULL,
     PRIMARY KEY (lease, cursor)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE lease_sets (
     root BLOB PRIMARY KEY CHECK (length(root) = 32),
     hashes BLOB NOT NULL
   ) STRICT;
   CREATE TABLE pulses (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     at INTEGER NOT NULL,
     root BLOB NOT NULL REFERENCES lease_sets (root),
     evidence TEXT NOT NULL
   ) STRICT;
   CREATE INDEX pulses_by_root ON pulses (root);`,
  `CREATE TABLE images (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     key BLOB NOT NULL UNIQUE CHECK (length(key) = 32),
     body BLOB NOT NULL
   ) STRICT;`,
  `ALTER TABLE events ADD COLUMN step INTEGER NOT NULL DEFAULT 0;
   CREATE INDEX steps ON events (lease, cursor) WHERE step = 1;`,
];
