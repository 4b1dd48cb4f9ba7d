"""Commands to switches: what may be asked (`orders`), which texts are allowed (`checks`), and who keeps them (`store`)."""
