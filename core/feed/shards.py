"""Which connection carries which topic: pure. What has a place keeps it, so that no live price goes dark for order."""

from collections.abc import Mapping, Sequence

from core.feed.subscriptions import Topic


def assign(held: Mapping[Topic, int], wanted: Sequence[Topic], capacity: int, shards: int) -> dict[Topic, int]:
    """A connection (0 to `shards` - 1) for each wanted topic, at most `capacity` each; the last ones are left out.

    As few connections as hold them all are used, and new topics go where there are fewest.
    """
    needed = min(shards, max(1, -(-len(wanted) // capacity)))
    loads = [0] * shards
    placed: dict[Topic, int] = {}
    for topic in wanted:
        shard = held.get(topic)
        if shard is not None and shard < shards and loads[shard] < capacity:
            placed[topic] = shard
            loads[shard] += 1
    for topic in wanted:
        if topic in placed:
            continue
        shard = min(range(needed), key=loads.__getitem__)
        if loads[shard] >= capacity:
            shard = min(range(shards), key=loads.__getitem__)
        if loads[shard] < capacity:
            placed[topic] = shard
            loads[shard] += 1
    return placed
