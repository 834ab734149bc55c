"""Orders that share 40 slots and 20 sticky exits, in SimPy: orders.py <orders> <replications> <polls>

Four classes of lognormal jobs. The reverse channel refuses a submit whose order has a bad exit; an
order submits up to three times, with exponential backoff, then falls back to forwarding. A job
waits for a slot, and polls every ten seconds find it ended: <polls> is "each" where every poll is
an event, and "last" where only the one that finds it is, as in the engine that this is compared
with. An exit is looked at when it is used.

Prints SimPy's version, the CPU seconds of all replications, and of each the mean latency in seconds
and the share of orders that fall back.
"""

import bisect
import json
import math
import random
import sys
import time

import simpy

RATE = 0.38  # orders per second
SLOTS = 40
POLL = 10.0
ATTEMPTS = 3
UNTIL = (0.4, 0.7, 0.9, 1.0)  # shares of the classes, cumulated
SERVICE = tuple((math.log(median), sigma) for median, sigma in ((45, 0.35), (70, 0.40), (110, 0.45), (220, 0.50)))
REFUSAL = (math.log(6), 0.6)
EXITS = 20
BAD = 0.02  # share of the time
BURST = 60.0  # mean seconds
FORGETS = 1 / (BURST * (1 - BAD))


class World:
    def __init__(self, seed, polls):
        self.polled = {"last": self.last_poll, "each": self.each_poll}[polls]
        self.env = simpy.Environment()
        self.slots = simpy.Resource(self.env, SLOTS)
        self.rng = random.Random(seed)
        self.exits = [None] * EXITS  # whether bad, and when last used
        self.latencies = []
        self.fallbacks = 0

    def lognormal(self, mu, sigma):
        return math.exp(self.rng.gauss(mu, sigma))

    def bad(self, exit):
        now, p = self.env.now, BAD
        if self.exits[exit] is not None:
            was, at = self.exits[exit]
            p += ((1.0 if was else 0.0) - BAD) * math.exp(-FORGETS * (now - at))
        bad = self.rng.random() < p
        self.exits[exit] = bad, now
        return bad

    def queued(self, service):
        """A job of the reverse channel, from its acceptance to its end."""
        with self.slots.request() as turn:
            yield turn
            yield self.env.timeout(self.lognormal(*service))

    def started(self, service):
        """A job of the forwarding channel, which has no limits."""
        yield self.env.timeout(self.lognormal(*service))

    def last_poll(self, job):
        accepted = self.env.now
        yield from job
        ended = self.env.now
        yield self.env.timeout(accepted + POLL * max(1, math.ceil((ended - accepted) / POLL)) - ended)

    def each_poll(self, job):
        running = self.env.process(job)
        while running.is_alive:
            yield self.env.timeout(POLL)

    def order(self):
        env, rng = self.env, self.rng
        arrived = env.now
        service = SERVICE[bisect.bisect_right(UNTIL, rng.random())]
        exit = rng.randrange(EXITS)
        for attempt in range(ATTEMPTS):
            if attempt > 0:
                yield env.timeout(2.0 ** attempt * rng.uniform(0.5, 1.5))
            if self.bad(exit):
                yield env.timeout(self.lognormal(*REFUSAL))
                continue
            yield from self.polled(self.queued(service))
            break
        else:
            self.fallbacks += 1
            yield from self.polled(self.started(service))
        self.latencies.append(env.now - arrived)

    def source(self, orders):
        env, rng = self.env, self.rng
        for at in sorted(rng.uniform(0, orders / RATE) for _ in range(orders)):
            yield env.timeout(at - env.now)
            env.process(self.order())


def replication(seed, orders, polls):
    world = World(seed, polls)
    world.env.process(world.source(orders))
    world.env.run()
    return [sum(world.latencies) / orders, world.fallbacks / orders]


orders, replications, polls = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
began = time.process_time()
figures = [replication(seed, orders, polls) for seed in range(replications)]
json.dump({"version": simpy.__version__, "cpu": time.process_time() - began, "figures": figures}, sys.stdout)
