"""签署文件: documents are dropped in, a certificate is chosen, one PIN signs them all."""
