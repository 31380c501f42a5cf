"""A service in Python that shares the state: tracks and reads as it is told on its standard input, a line each."""

import asyncio
import json
import sys

from polar.v2026_10 import PolarAsync


async def track(metering, count, timestamp):
    for index in range(count):
        await metering.track(
            name="call",
            external_customer_id=f"u-{index % 4}",
            timestamp=timestamp,
            metadata={"units": index % 8 / 4},
        )
    await metering.flush()


async def read(metering, meter, customer):
    try:
        meter = await metering.meter(meter, external_customer_id=customer)
        return [meter.consumed_units, meter.credited_units, meter.balance]
    except Exception as error:
        return repr(error)


async def main(redis_url, polar_url):
    polar = PolarAsync("polar_oat_hush", base_url=polar_url)
    outpost = {"redis_url": redis_url, "telemetry": False}
    async with polar, polar.metering(outpost=outpost) as metering:
        print("ready", flush=True)
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            command, *arguments = line.split()
            if command == "track":
                count, timestamp = arguments
                await track(metering, int(count), timestamp)
                print("tracked", flush=True)
            else:
                print(json.dumps(await read(metering, *arguments)), flush=True)


asyncio.run(main(*sys.argv[1:]))
