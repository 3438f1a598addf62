"""Archives and scripts: the compartment map, what writes them and what reads them."""
