"""How much of an accuracy on Fruits-360 is the same fruit in the same video, a moment later."""

from collections import defaultdict
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.critique.frames import (
    Booleans,
    Frames,
    Integers,
    Vectors,
    read_frames,
    read_table,
    unit,
)
from fruits.reduction.moments import gather
from fruits.reduction.pca import fit
from fruits.reduction.scores import project

GAPS = (0, 10, 20, 30, 45, 60, 90, 120, 150)
"""Degrees of the same video, on both sides of a query, that are hidden from it."""

AT_ONCE = 1024
KEPT = 50


def measure(output: str) -> dict[str, Any]:
    """Measure all of it on the features of an output of Fruits-360."""
    frames = read_frames(output)
    return {
        "photos": len(frames.labels),
        "videos": len(np.unique(frames.videos)),
        "turn_frames": frames.turn,
        "official": official(frames),
        "hidden": [hide(frames, gap) for gap in GAPS] + [hide(frames, 181)],
        "random": at_random(frames),
        "half_turn": both_ways(frames, frames.numbers % frames.turn < frames.turn / 2),
        "axis": both_ways(frames, np.char.rpartition(frames.videos, "|")[:, 2] == ""),
        "unseen": unseen(frames),
        "pca": leakage(frames, read_table(output, [])[0]),
    }


def nearest(frames: Frames, known: Integers, asked: Integers) -> Integers:
    """Return, for each frame asked about, the most alike (cosine) of those known."""
    vectors = frames.vectors
    return np.concatenate([
        known[(vectors[asked[at : at + AT_ONCE]] @ vectors[known].T).argmax(axis=1)]
        for at in range(0, len(asked), AT_ONCE)
    ])  # fmt: skip


def right(frames: Frames, known: Booleans, asked: Booleans) -> dict[str, Any]:
    """Return the share of the frames asked about whose nearest one known has their label."""
    queries = np.flatnonzero(asked)
    found = nearest(frames, np.flatnonzero(known), queries)
    share = (frames.labels[found] == frames.labels[queries]).mean()
    return {"known": int(known.sum()), "queries": len(queries), "right": float(share)}


def official(frames: Frames) -> dict[str, Any]:
    """Describe the official split: how near the nearest known frame of the same video is."""
    queries, known = np.flatnonzero(frames.test), np.flatnonzero(~frames.test)
    found = nearest(frames, known, queries)
    nearby = [
        np.where(frames.videos[part][:, None] == frames.videos[known], angles, np.inf).min(axis=1)
        for part in np.array_split(queries, 16)
        for angles in [frames.degrees(part, known)]
    ]
    degrees = np.concatenate(nearby)
    return right(frames, ~frames.test, frames.test) | {
        "same_video": float((frames.videos[found] == frames.videos[queries]).mean()),
        "degrees_median": float(np.median(degrees)),
        "degrees_most": float(degrees.max()),
        "within_10": float((degrees <= 10).mean()),
        "last_by_name": last_by_name(frames),
        "longest_run": longest_run(frames),
    }


def last_by_name(frames: Frames) -> float:
    """Return the share of videos whose Test frames are the last ones in the order of their names.

    As text 321 comes before 33, and 99 last: such a Test is arcs of the turn, not a sample.
    """
    names = np.array([f"{number}_" for number in frames.numbers])
    ordered = [
        max(names[mine & ~frames.test].tolist()) < min(names[mine & frames.test].tolist())
        for mine in (frames.videos == video for video in np.unique(frames.videos))
    ]
    return float(np.mean(ordered))


def longest_run(frames: Frames) -> float:
    """Return how many Test frames follow each other at the most in a video: the median."""
    longest = []
    for video in np.unique(frames.videos):
        numbers = np.unique(frames.numbers[frames.test & (frames.videos == video)])
        runs = np.split(numbers, np.flatnonzero(np.diff(numbers) > 1) + 1)
        longest.append(max(len(run) for run in runs))
    return float(np.median(longest))


def hide(frames: Frames, gap: float) -> dict[str, Any]:
    """Ask again with the frames of the query's own video hidden within `gap` degrees; 181: all."""
    queries, known = np.flatnonzero(frames.test), np.flatnonzero(~frames.test)
    good = 0
    for part in np.array_split(queries, 16):
        cosines = frames.vectors[part] @ frames.vectors[known].T
        same = frames.videos[part][:, None] == frames.videos[known]
        if gap:
            cosines[same & (frames.degrees(part, known) <= gap)] = -1
        good += int((frames.labels[known[cosines.argmax(axis=1)]] == frames.labels[part]).sum())
    return {"degrees": gap, "right": good / len(queries)}


def at_random(frames: Frames) -> dict[str, Any]:
    """Split all frames at random, a quarter asked about: what a careless split would report."""
    asked = np.zeros(len(frames.labels), bool)
    chosen = np.random.default_rng(0).permutation(len(asked))[: len(asked) // 4]
    asked[chosen] = True
    return right(frames, ~asked, asked)


def both_ways(frames: Frames, part: Booleans) -> dict[str, Any]:
    """Ask one part about the other and the other way round; the mean of both shares."""
    ways = [right(frames, part, ~part), right(frames, ~part, part)]
    return {"ways": ways, "right": float(np.mean([way["right"] for way in ways]))}


def unseen(frames: Frames) -> dict[str, Any]:
    """Hide a query's whole class: does its nearest frame show another class of its species?

    Only species of several classes are asked about (ten apples, six tomatoes). `chance` is the
    share that guessing would get right: that of the species among the frames known.
    """
    species, classes = frames.species, defaultdict(set)
    for kind, label in zip(species, frames.labels, strict=True):
        classes[kind].add(str(label))
    asked = sorted(label for labels in classes.values() if len(labels) > 1 for label in labels)
    good, chances = [], []
    for label in asked:
        queries = np.flatnonzero(frames.test & (frames.labels == label))
        known = np.flatnonzero(~frames.test & (frames.labels != label))
        kind = species[queries[0]]
        good += (species[nearest(frames, known, queries)] == kind).tolist()
        chances += [float((species[known] == kind).mean())] * len(queries)
    several = sum(len(labels) > 1 for labels in classes.values())
    return {
        "species": several,
        "classes": len(asked),
        "queries": len(good),
        "right": float(np.mean(good)),
        "chance": float(np.mean(chances)),
    }


def leakage(frames: Frames, vectors: Vectors) -> dict[str, Any]:
    """Fit the PCA on everything, as the chain does, and on Training alone; recognise with both."""
    found = {}
    for name, rows in (("all", np.ones(len(frames.test), bool)), ("training", ~frames.test)):
        pca = fit(gather([vectors[rows]]), components=KEPT)
        reduced = replace(frames, vectors=unit(project(pca, vectors)))
        found[name] = right(reduced, ~frames.test, frames.test)["right"]
    return {"components": KEPT, **found}
