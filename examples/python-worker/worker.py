"""A Pawl worker in Python: serves the commands of one service. The wire is described in ../../schemas."""

import asyncio
import json
import sys

import nats
from nats.errors import NoRespondersError, TimeoutError
from nats.js.api import AckPolicy, ConsumerConfig

SERVICE, STREAM = "text", "PAWL_COMMANDS_REGULAR"


async def count_words(command_input):
    return {"words": len(command_input["text"].split())}


TASKS = {"count-words": count_words}  # By command name. The contracts say encoding: 'json'.


async def outcome_of(command):
    """Runs the task: what a reply says besides task, path and generation."""
    try:
        async with asyncio.timeout(command["timeoutMs"] / 1000):
            return {"outcome": "done", "output": await TASKS[command["task"]](command["input"])}
    except Exception as thrown:  # Whatever a task throws is a failed attempt; the statechart retries.
        error = {"code": "task-failed", "message": repr(thrown), "retryable": True}
        return {"outcome": "failed", "error": error}


async def is_pending(client, command, address):
    """Does the actor still wait for this command? None: no host can tell at the moment."""
    question = json.dumps({name: command[name] for name in ("path", "generation")}).encode()
    try:
        reply = await client.request(f"pawl.pending.{address}", question, timeout=2)
        return json.loads(reply.data).get("pending")
    except (NoRespondersError, TimeoutError):
        return None


async def extend(message):
    while True:  # The ack wait is 30 s.
        await asyncio.sleep(10)
        await message.in_progress()


async def handle(client, message):
    command = json.loads(message.data)
    actor_type, actor_id = command["actor"]["type"], command["actor"]["id"]
    if message.metadata.num_delivered > 1:  # It may have been run, or answered, before.
        pending = await is_pending(client, command, f"{actor_type}.{actor_id}")
        if pending is not True:
            return await (message.nak(delay=2) if pending is None else message.ack())
    extending = asyncio.create_task(extend(message))
    try:
        reply = {name: command[name] for name in ("task", "path", "generation")}
        reply |= await outcome_of(command)
        cause = f"{actor_type}/{actor_id}/{command['path']}@{command['generation']}"
        subject = f"pawl.in.reply-{SERVICE}.{actor_type}.{actor_id}"
        # Reply first, acknowledge second: a crash in between repeats the reply, which is harmless.
        await client.jetstream().publish(subject, json.dumps(reply).encode(), headers={"Pawl-Cause": cause})
        await message.ack_sync()
    except Exception as failure:
        print(f"{command['task']} will be delivered again: {failure!r}", flush=True)
    finally:
        extending.cancel()


async def main(servers="nats://localhost:4222"):
    client = await nats.connect(servers, max_reconnect_attempts=-1)
    # The consumer that all workers of the service share; creating it twice changes nothing.
    config = ConsumerConfig(
        durable_name=f"worker-{SERVICE}", filter_subject=f"pawl.command.regular.{SERVICE}.>",
        ack_policy=AckPolicy.EXPLICIT, ack_wait=30, max_deliver=-1, max_ack_pending=100_000,
    )  # fmt: skip
    await client.jetstream().add_consumer(STREAM, config)
    consumer = await client.jetstream().pull_subscribe_bind(config.durable_name, stream=STREAM)
    print(f"serving {', '.join(TASKS)} of {SERVICE}", flush=True)
    while True:
        try:
            messages = await consumer.fetch(batch=10, timeout=5)
        except TimeoutError:
            continue  # Nothing to do.
        await asyncio.gather(*(handle(client, message) for message in messages))


asyncio.run(main(*sys.argv[1:]))
