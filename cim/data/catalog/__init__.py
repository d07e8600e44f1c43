"""The data element catalog that the program brings (随程序带来的数据要素目录): one version."""
