"""The measurement of ingest, in small: that it runs and counts, not how fast anything is."""

import sys
from pathlib import Path

import pytest

from bench import ingest, node, samples
from bench.ingest import Shape
from bench.target import target
from tests import parts

SHAPES = (Shape("two", 2, 7), Shape("stock", 1, 2, samples.plain_envelope))


@pytest.mark.long
def test_a_run_has_a_figure_for_each_contender(tmp_path: Path, one_mode: str):
    """Whoever takes part is measured under each load, and ours is compared with each of the others."""
    servers = {ingest.OURS: target(tmp_path / "ours", one_mode, sys.executable)}
    if parts.node_peers():
        servers |= {f"node {form}": node.peer(tmp_path / form, form) for form in ("plain", "same")}

    figures = ingest.measure(servers, tmp_path / "bare", rounds=2, shapes=SHAPES)

    names = [*servers, ingest.BARE]
    compared = [f"{ingest.OURS} ÷ {name}" for name in names[1:]]
    assert [figure.name for figure in figures] == [
        f"ingest, {shape.name}: {row}" for shape in SHAPES for row in [*names, *compared]
    ]
    assert all(len(figure.values) == 2 and min(figure.values) > 0 for figure in figures)
