"""The load engine: how fast a broker is and how many agents it serves, by Locust as a library and as an ordinary locustfile.

Pure parts (arrivals, steps, scenarios, deliveries) know no network; connection, lane, dispatcher and agents are thin shells on gevent.
Results go into the run bundle only: nothing here judges.
"""
