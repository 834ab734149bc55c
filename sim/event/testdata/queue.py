"""M/M/10 at lambda 9 in SimPy: queue.py <customers> <replications>

Each replication begins empty. Prints SimPy's version, the CPU seconds of all replications, and of
each the mean wait.
"""

import json
import random
import sys
import time

import simpy

SERVERS = 10
LAMBDA = 9.0


def customer(env, servers, rng, waits):
    arrived = env.now
    with servers.request() as turn:
        yield turn
        waits.append(env.now - arrived)
        yield env.timeout(rng.expovariate(1.0))


def source(env, servers, rng, waits, customers):
    for _ in range(customers):
        yield env.timeout(rng.expovariate(LAMBDA))
        env.process(customer(env, servers, rng, waits))


def replication(seed, customers):
    env, rng, waits = simpy.Environment(), random.Random(seed), []
    env.process(source(env, simpy.Resource(env, SERVERS), rng, waits, customers))
    env.run()
    return [sum(waits) / customers]


customers, replications = int(sys.argv[1]), int(sys.argv[2])
began = time.process_time()
figures = [replication(seed, customers) for seed in range(replications)]
json.dump({"version": simpy.__version__, "cpu": time.process_time() - began, "figures": figures}, sys.stdout)
