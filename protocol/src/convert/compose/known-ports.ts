/** On which port the programs of well-known images listen for the services beside them. */
const ports: Readonly<Record<string, number>> = {
  mysql: 3306,
  mariadb: 3306,
  percona: 3306,
  postgres: 5432,
  postgis: 5432,
  pgvector: 5432,
  redis: 6379,
  valkey: 6379,
  mongo: 27_017,
  memcached: 11_211,
  rabbitmq: 5672,
  nats: 4222,
  elasticsearch: 9200,
  opensearch: 9200,
  clickhouse: 8123,
  influxdb: 8086,
  minio: 9000,
  "clickhouse-server": 8123,
};

/** The usual port of an image, whoever publishes it; undefined when it is not known. */
export function knownPortOf(image: string): number | undefined {
  const name = image.slice(image.lastIndexOf("/") + 1).split(/[:@]/, 1)[0] ?? "";
  return Object.hasOwn(ports, name) ? ports[name] : undefined;
}
