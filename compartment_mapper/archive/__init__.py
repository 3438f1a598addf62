"""Archives and scripts: the compartment map, readers and writers."""
