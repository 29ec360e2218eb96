#!/bin/sh
escape() { printf '%s' "$1" | sed -e 's/&/\&amp;/g' -e 's/</\&lt;/g' -e 's/>/\&gt;/g'; }
greeting=$(escape "${GREETING:-Hello from Fizz}")
replica=$(escape "${HOSTNAME:-$(hostname)}")
printf 'Content-Type: text/html; charset=utf-8\r\n\r\n'
cat <<PAGE
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>$greeting</title>
<style>body{font:18px/1.5 system-ui,sans-serif;max-width:34rem;margin:18vh auto;padding:0 1rem}</style>
<h1>$greeting</h1>
<p>This page comes from a container on a leased machine, through its gateway.</p>
<p><small>container $replica</small></p>
</html>
PAGE
