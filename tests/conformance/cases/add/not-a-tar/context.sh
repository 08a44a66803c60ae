echo no archive >a.tar; echo neither | gzip -n >b.tar.gz
