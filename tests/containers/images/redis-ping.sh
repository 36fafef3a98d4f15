#!/bin/sh
# `redis-cli ping`, and nothing else of it.
printf 'PING\r\nQUIT\r\n' | nc -w 2 127.0.0.1 6379 | grep -E 'PONG|NOAUTH'
