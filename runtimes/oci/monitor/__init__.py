"""Who watches a container after the process that started it is gone."""
