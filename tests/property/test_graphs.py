"""Properties of every module graph."""

from __future__ import annotations

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from compartment_mapper.graph.module_graph import in_cycles
from compartment_mapper.locations import Location

NODES = [Location(f"file:///{number}.js") for number in range(12)]


@given(st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=40))
def test_modules_in_cycles_are_those_of_strong_components(
    edges: list[tuple[Location, Location]],
) -> None:
    graph: nx.DiGraph[Location] = nx.DiGraph()
    graph.add_nodes_from(NODES)
    graph.add_edges_from(edges)
    circles = [c for c in nx.strongly_connected_components(graph) if len(c) > 1]
    expected = set().union(*circles) | {node for node in NODES if graph.has_edge(node, node)}
    assert in_cycles({node: list(graph.successors(node)) for node in NODES}) == expected
