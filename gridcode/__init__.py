"""Grid codes of places (北斗网格位置码, 地球空间网格编码): pure functions over numbers and text."""
