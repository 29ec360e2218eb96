/** Applied in the order of their ids, each once. An entry never changes after a release. */
export const MIGRATIONS: readonly { readonly id: number; readonly sql: string }[] = [
  {
    id: 1,
    sql: `
      CREATE TABLE leases (
        lease_hash text PRIMARY KEY,
        lid numeric(78, 0) NOT NULL,
        node_id numeric(20, 0) NOT NULL,
        last_state text NOT NULL
      );
      CREATE TABLE doors (
        public_port integer PRIMARY KEY,
        lease_hash text NOT NULL REFERENCES leases (lease_hash) ON DELETE CASCADE,
        service text NOT NULL,
        replica integer NOT NULL,
        port integer NOT NULL,
        protocol text NOT NULL,
        wish integer,
        door_group integer,
        position integer NOT NULL
      );
      CREATE INDEX doors_by_lease ON doors (lease_hash);
      CREATE TABLE deliveries (
        id text PRIMARY KEY,
        node_id numeric(20, 0) NOT NULL,
        lease_hash text NOT NULL,
        version integer NOT NULL,
        received_at bigint NOT NULL,
        body jsonb NOT NULL
      );
      CREATE INDEX deliveries_by_node ON deliveries (node_id);
      CREATE INDEX deliveries_by_lease ON deliveries (lease_hash, version);
      CREATE TABLE receipts (
        lease_hash text NOT NULL,
        version integer NOT NULL,
        saved_at bigint NOT NULL,
        body jsonb NOT NULL,
        PRIMARY KEY (lease_hash, version)
      );`,
  },
  {
    id: 2,
    sql: `
      CREATE TABLE routes (
        lease_hash text NOT NULL REFERENCES leases (lease_hash) ON DELETE CASCADE,
        position integer NOT NULL,
        body jsonb NOT NULL,
        PRIMARY KEY (lease_hash, position)
      );
      CREATE TABLE host_claims (
        lease_hash text NOT NULL REFERENCES leases (lease_hash) ON DELETE CASCADE,
        name text NOT NULL,
        since bigint NOT NULL UNIQUE,
        PRIMARY KEY (lease_hash, name)
      );`,
  },
  {
    id: 3,
    sql: "ALTER TABLE doors ADD COLUMN proxy_protocol text",
  },
  {
    id: 4,
    sql: `
      CREATE TABLE relayed_requests (
        id text PRIMARY KEY,
        signer text NOT NULL,
        nonce numeric(78, 0) NOT NULL,
        kind text NOT NULL,
        body jsonb NOT NULL,
        state text NOT NULL,
        received_at bigint NOT NULL,
        gas numeric(20, 0) NOT NULL,
        tx_hash text,
        block numeric(20, 0),
        code text,
        reason text
      );
      CREATE INDEX relayed_requests_by_signer ON relayed_requests (signer, state);
      CREATE INDEX relayed_requests_by_state ON relayed_requests (state);
      CREATE INDEX relayed_requests_by_time ON relayed_requests (received_at);
      CREATE TABLE relay_slots (
        relayer text NOT NULL,
        nonce integer NOT NULL,
        request_id text UNIQUE,
        PRIMARY KEY (relayer, nonce)
      );
      CREATE TABLE relay_transactions (
        hash text PRIMARY KEY,
        relayer text NOT NULL,
        nonce integer NOT NULL,
        position integer NOT NULL,
        raw text NOT NULL,
        purpose text NOT NULL,
        gas numeric(20, 0) NOT NULL,
        max_fee numeric(78, 0) NOT NULL,
        priority_fee numeric(78, 0) NOT NULL,
        sent_block numeric(20, 0) NOT NULL,
        FOREIGN KEY (relayer, nonce) REFERENCES relay_slots (relayer, nonce) ON DELETE CASCADE
      );
      CREATE INDEX relay_transactions_by_slot ON relay_transactions (relayer, nonce);`,
  },
  {
    id: 5,
    sql: `
      CREATE SEQUENCE lease_revisions;
      ALTER TABLE leases ADD COLUMN revision bigint NOT NULL DEFAULT 0;
      CREATE TABLE gateway_operator (
        single boolean PRIMARY KEY DEFAULT true CHECK (single),
        operator text NOT NULL
      );
      CREATE TABLE processes (
        id text PRIMARY KEY,
        address text NOT NULL,
        version text NOT NULL,
        started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        beat_at timestamptz NOT NULL DEFAULT clock_timestamp()
      );
      CREATE TABLE node_owners (
        node_id numeric(20, 0) PRIMARY KEY,
        process_id text NOT NULL,
        online boolean NOT NULL,
        view jsonb NOT NULL,
        changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
      );
      CREATE INDEX node_owners_by_change ON node_owners (changed_at);
      CREATE FUNCTION fizz_notify() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_notify(TG_ARGV[0], ''); RETURN NULL; END $$;
      CREATE TRIGGER leases_changed AFTER INSERT OR UPDATE OF revision ON leases
        FOR EACH STATEMENT EXECUTE FUNCTION fizz_notify('fizz_doors');
      CREATE TRIGGER node_owners_changed AFTER INSERT OR UPDATE ON node_owners
        FOR EACH STATEMENT EXECUTE FUNCTION fizz_notify('fizz_nodes');`,
  },
  {
    id: 6,
    sql: `
      CREATE TABLE history_state (
        single boolean PRIMARY KEY DEFAULT true CHECK (single),
        chain_id bigint NOT NULL,
        market text NOT NULL,
        after_block bigint NOT NULL,
        block bigint NOT NULL,
        block_hash text NOT NULL,
        block_time bigint NOT NULL,
        head bigint NOT NULL,
        events bigint NOT NULL DEFAULT 0,
        complete_since bigint NOT NULL DEFAULT 0,
        dropped_block bigint NOT NULL DEFAULT 0
      ) WITH (fillfactor = 10);
      CREATE TABLE history_blocks (
        slot integer PRIMARY KEY,
        number bigint NOT NULL,
        hash text NOT NULL
      ) WITH (fillfactor = 50);
      CREATE TABLE history_leases (
        lid numeric(78, 0) PRIMARY KEY,
        tenant text NOT NULL,
        node_id numeric(20, 0) NOT NULL,
        subnet_id bigint NOT NULL,
        state text NOT NULL,
        is_done boolean NOT NULL,
        last_block bigint NOT NULL,
        last_time bigint NOT NULL,
        body jsonb NOT NULL
      );
      CREATE INDEX history_leases_by_tenant ON history_leases (tenant, lid);
      CREATE INDEX history_leases_by_node ON history_leases (node_id, lid);
      CREATE INDEX history_leases_by_subnet ON history_leases (subnet_id, lid);
      CREATE INDEX history_leases_by_state ON history_leases (state, lid);
      CREATE INDEX history_leases_done ON history_leases (last_time) WHERE is_done;
      CREATE TABLE history_events (
        block bigint NOT NULL,
        log_index integer NOT NULL,
        block_hash text NOT NULL,
        tx_hash text NOT NULL,
        time bigint NOT NULL,
        event text NOT NULL,
        args jsonb NOT NULL,
        lid numeric(78, 0),
        node_id numeric(20, 0),
        subnet_id bigint,
        token text,
        day integer NOT NULL,
        to_node numeric(78, 0),
        to_subnet numeric(78, 0),
        to_protocol numeric(78, 0),
        PRIMARY KEY (block, log_index)
      );
      CREATE INDEX history_events_by_lease ON history_events (lid, block, log_index);
      CREATE INDEX history_events_of_node ON history_events (node_id, day, token) WHERE token IS NOT NULL;
      CREATE INDEX history_events_of_subnet ON history_events (subnet_id, day, token) WHERE token IS NOT NULL;
      CREATE INDEX history_events_loose ON history_events (time) WHERE lid IS NULL;`,
  },
  {
    id: 7,
    sql: "ALTER TABLE processes ADD COLUMN multiaddrs jsonb NOT NULL DEFAULT '[]'",
  },
  {
    id: 8,
    sql: `
      CREATE TABLE node_uptimes (
        node_id numeric(20, 0) PRIMARY KEY,
        kept_at bigint NOT NULL,
        body jsonb NOT NULL
      )`,
  },
  {
    id: 9,
    sql: `
      CREATE SEQUENCE certificate_revisions;
      CREATE TABLE certificates (
        name text PRIMARY KEY,
        sealed text NOT NULL,
        revision bigint NOT NULL DEFAULT nextval('certificate_revisions')
      );
      CREATE TABLE certificate_orders (
        name text PRIMARY KEY,
        sealed text NOT NULL,
        begun_at timestamptz NOT NULL DEFAULT clock_timestamp()
      );
      CREATE TABLE certificate_state (
        single boolean PRIMARY KEY DEFAULT true CHECK (single),
        account text,
        history jsonb
      );
      CREATE TABLE certificate_challenges (
        token text PRIMARY KEY,
        name text NOT NULL,
        sealed text NOT NULL,
        readers text[] NOT NULL DEFAULT '{}',
        shown_at timestamptz NOT NULL DEFAULT clock_timestamp()
      );
      CREATE TRIGGER certificates_changed AFTER INSERT OR UPDATE OR DELETE ON certificates
        FOR EACH STATEMENT EXECUTE FUNCTION fizz_notify('fizz_certificates');
      CREATE TRIGGER certificate_challenges_changed AFTER INSERT OR DELETE ON certificate_challenges
        FOR EACH STATEMENT EXECUTE FUNCTION fizz_notify('fizz_certificates');`,
  },
  {
    id: 10,
    sql: `
      CREATE TABLE rounds_revision (
        single boolean PRIMARY KEY DEFAULT true CHECK (single),
        revision bigint NOT NULL
      ) WITH (fillfactor = 10);
      INSERT INTO rounds_revision (revision) VALUES (0);
      CREATE TABLE rounds_state (
        single boolean PRIMARY KEY DEFAULT true CHECK (single),
        chain_id bigint NOT NULL,
        market text NOT NULL,
        after_block bigint NOT NULL,
        block bigint NOT NULL,
        block_hash text NOT NULL,
        block_time bigint NOT NULL,
        head bigint NOT NULL,
        events bigint NOT NULL DEFAULT 0,
        complete_since bigint NOT NULL DEFAULT 0,
        dropped_block bigint NOT NULL DEFAULT 0
      ) WITH (fillfactor = 10);
      CREATE TABLE rounds_blocks (
        slot integer PRIMARY KEY,
        number bigint NOT NULL,
        hash text NOT NULL
      ) WITH (fillfactor = 50);
      CREATE TABLE rounds_events (
        block bigint NOT NULL,
        log_index integer NOT NULL,
        block_hash text NOT NULL,
        tx_hash text NOT NULL,
        time bigint NOT NULL,
        event text NOT NULL,
        args jsonb NOT NULL,
        subnet_id bigint NOT NULL,
        round bigint NOT NULL,
        is_of_node boolean NOT NULL,
        is_conviction boolean NOT NULL,
        PRIMARY KEY (block, log_index)
      );
      CREATE INDEX rounds_events_of_nodes ON rounds_events (subnet_id, block, log_index) WHERE is_of_node;
      CREATE INDEX rounds_events_convictions ON rounds_events (block, log_index) WHERE is_conviction;
      CREATE INDEX rounds_events_of_subnet ON rounds_events (subnet_id, event, round) WHERE NOT is_of_node;`,
  },
];
