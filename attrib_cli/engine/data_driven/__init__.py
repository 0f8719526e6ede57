"""Models that are estimated from the journeys themselves: how much each state matters, and with how much doubt."""
