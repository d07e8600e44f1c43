"""Map styles over HTTP (地图样式接口): OGC API - Styles 1, draft OGC 20-009."""
