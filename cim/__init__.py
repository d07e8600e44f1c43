"""The city information model (城市信息模型): entities, codes, registry of layers, database."""
