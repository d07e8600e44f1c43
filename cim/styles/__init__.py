"""Map styles (地图样式)."""
