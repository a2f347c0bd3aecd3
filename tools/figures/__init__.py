"""The figures of tools/plot: what each section of a run looks like.

Every function in ALL takes a run (its study, rows and results) and gives a Plot, or None where its section is
absent."""
from figures.blocks import block, coupling_flows
from figures.bounds import bounds
from figures.common import STYLE, WIDTH
from figures.flows import diagrams, flows, glasses
from figures.networks import exchanges, network, small_map
from figures.observables import correlations, observables

ALL = (observables, correlations, bounds, flows, diagrams, glasses, block, coupling_flows, network, exchanges, small_map)
