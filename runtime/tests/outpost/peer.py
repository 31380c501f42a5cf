"""A service in Python that shares the state: tracks and reads as it is told on its standard input, a line each."""

import asyncio
import json
import sys

import httpx
from polar.outpost import Outpost


async def main(redis_url, polar_url, timestamp):
    client = httpx.AsyncClient(base_url=polar_url)
    async with client, Outpost(redis_url, client=client, telemetry=False) as outpost:
        print("ready", flush=True)
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            command, argument = line.split()
            if command == "track":
                for index in range(int(argument)):
                    await outpost.track(
                        {
                            "name": "call",
                            "external_customer_id": "u-1",
                            "timestamp": timestamp,
                            "metadata": {"units": index % 8 / 4},
                        }
                    )
                print("tracked", flush=True)
            else:
                try:
                    meter = await outpost.meter(
                        meter_id=argument, external_customer_id="u-1"
                    )
                    values = [meter.consumed_units, meter.credited_units, meter.balance]
                except Exception as error:
                    values = repr(error)
                print(json.dumps(values), flush=True)


asyncio.run(main(*sys.argv[1:]))
