"""Tests of the load engine. gevent and Locust patch the process that imports them: whatever needs them runs as a child process."""
