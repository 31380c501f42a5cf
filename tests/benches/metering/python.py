"""Runs one task of the bench with Polar's Python SDK, and prints the results.

The arguments are the name of the task, which is a function below, and its parameters.
"""

import asyncio
import logging
import resource
import sys
import time

from polar.v2026_10 import PolarAsync

TOKEN = "polar_oat_bench"

# No server listens at this address.
OUTAGE = "http://127.0.0.1:9"


async def track_all(metering, count, **more):
    for number in range(count):
        await metering.track(
            name="completion",
            external_customer_id="u-1",
            metadata={"number": number, "model": "opus", "cached": False},
            **more,
        )


async def track(count):
    """Prints the seconds until all events are in the queue. None is sent meanwhile."""
    async with PolarAsync(TOKEN, base_url=OUTAGE) as polar:
        buffered = {"batch_interval": 3600, "batch_size": 10**9, "shutdown_timeout": 0}
        async with polar.metering(buffered=buffered, outpost=False) as metering:
            start = time.perf_counter()
            await track_all(metering, int(count))
            print(time.perf_counter() - start)


async def wait(count):
    """Prints by how many bytes waiting events make the memory of the process grow."""
    async with PolarAsync(TOKEN, base_url=OUTAGE) as polar:
        buffered = {"batch_interval": 3600, "batch_size": 10**9, "shutdown_timeout": 0}
        async with polar.metering(buffered=buffered, outpost=False) as metering:
            before = resident()
            await track_all(metering, int(count))
            print(resident() - before)


def resident():
    try:
        with open("/proc/self/status") as status:
            line = next(line for line in status if line.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


async def deliver(count, url, batch):
    """Prints the seconds until all events are delivered."""
    async with PolarAsync(TOKEN, base_url=url) as polar:
        buffered = {"batch_size": int(batch), "on_dropped": fail}
        async with polar.metering(buffered=buffered, outpost=False) as metering:
            # Establishes the connection, which is not measured.
            await track_all(metering, int(batch))
            await metering.flush()
            start = time.perf_counter()
            await track_all(metering, int(count))
            await metering.flush()
            print(time.perf_counter() - start)


async def deliver_counted(count, url, redis_url, timestamp):
    """Prints the seconds until all events are delivered and counted in Redis."""
    async with PolarAsync(TOKEN, base_url=url) as polar:
        outpost = {"redis_url": redis_url, "telemetry": False}
        buffered = {"on_dropped": fail}
        async with polar.metering(buffered=buffered, outpost=outpost) as metering:
            # Establishes the connections and requests the snapshots, which is not measured.
            await track_all(metering, 10, timestamp=timestamp)
            await metering.flush()
            start = time.perf_counter()
            await track_all(metering, int(count), timestamp=timestamp)
            await metering.flush()
            print(time.perf_counter() - start)


async def fail(events, reason):
    sys.exit(f"{len(events)} events were dropped: {reason}")


async def read(count, url, redis_url, meter, timestamp, tracks=False):
    """Prints the nanoseconds of each read of a local balance. With `tracks`, an event is tracked before each."""
    async with PolarAsync(TOKEN, base_url=url) as polar:
        outpost = {"redis_url": redis_url, "telemetry": False}
        async with polar.metering(outpost=outpost) as metering:
            await metering.meter(meter, external_customer_id="u-1")
            for number in range(int(count)):
                if tracks:
                    await track_all(metering, 1, timestamp=timestamp)
                start = time.perf_counter_ns()
                await metering.meter(meter, external_customer_id="u-1")
                print(time.perf_counter_ns() - start)


async def track_and_read(*arguments):
    """Prints the nanoseconds of each read of a local balance that follows an event."""
    await read(*arguments, tracks=True)


logging.disable()
ALL = [track, wait, deliver, deliver_counted, read, track_and_read]
TASKS = {task.__name__: task for task in ALL}
asyncio.run(TASKS[sys.argv[1]](*sys.argv[2:]))
