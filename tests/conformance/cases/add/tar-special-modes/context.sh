mkdir t; touch t/s t/g; chmod 4755 t/s; chmod 2711 t/g; mkdir t/sticky; chmod 1777 t/sticky; tar --owner=1 --group=2 --mtime=@1000000000 --sort=name -C t -cf a.tar .; rm -r t
