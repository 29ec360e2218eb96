#!/bin/sh
# The web server of examples/hello.yaml: one page, made at each request, so that it needs no writable disk.
echo "hello: serving on port 8080, greeting \"${GREETING:-Hello from Fizz}\""
httpd -f -v -p 8080 -h /www &
server=$!
# The first process of a container gets no default handling of signals; without this, a stop takes ten seconds.
trap 'echo "hello: ending"; kill "$server"' TERM INT
wait "$server"
