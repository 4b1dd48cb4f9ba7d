"""Commands to switches: what may be asked (`orders`), with which texts (`checks`), and who keeps them (`store`)."""
