"""The city information model (城市信息模型): entities, their codes, the registry of layers, the database."""
